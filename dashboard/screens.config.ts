/** Pictures of the pages, over the account that the last demo left. */
import tests from "./playwright.config";

export default { ...tests, testDir: "screens", testMatch: "*.spec.ts", globalSetup: "./screens/world.ts", use: { ...tests.use, contextOptions: { reducedMotion: "reduce" as const } } };
