/** Pictures of the pages, over the account that the last demo left. */
import tests from "./playwright.config";

export default { ...tests, testDir: "screens", globalSetup: "./screens/world.ts", use: { ...tests.use, contextOptions: { reducedMotion: "reduce" as const } } };
