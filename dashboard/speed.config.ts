/** How long a person waits for the pages, as the browser counts it; alone, one thing after the other. */
import tests from "./playwright.config";

export default { ...tests, testDir: "speed", testMatch: "*.spec.ts", globalSetup: "./screens/world.ts", workers: 1, fullyParallel: false, timeout: 600_000 };
