/** Browser tests against the real program and a made-up account, in the Chromium of this machine. */
import { defineConfig } from "@playwright/test";

export default defineConfig({
  // What holds for all pages, and what each page does.
  testDir: ".",
  testMatch: ["browser/*.spec.ts", "src/pages/*/*.spec.ts"],
  globalSetup: "./browser/world.ts",
  // Pages are independent; two at a time are what two cores carry.
  workers: 2,
  fullyParallel: true,
  timeout: 45_000,
  expect: { timeout: 15_000 },
  reporter: [["list"]],
  forbidOnly: Boolean(process.env.CI),
  use: {
    viewport: { width: 1440, height: 900 },
    locale: "en-GB",
    timezoneId: "UTC",
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
        "--disable-sync",
        // As from another machine, over plain HTTP: browsers then tell less of who asks.
        "--host-resolver-rules=MAP atlas.test 127.0.0.1",
      ],
    },
  },
});
