/** What the tests look at: a made-up account of three services, synced by the real program, and served by it. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export const ADMIN = { email: "admin@example.org", password: "correct horse battery" };
/** A name that would run if it were taken for HTML. */
export const HOSTILE = `<img src=x onerror=alert(1)>"'&`;

/** Without what takes longest and no page is about. */
const SOURCES = [
  ["smartlead", "--name", "mails", "--client", "Acme"],
  ["replyio", "--name", "sequences", "--client", HOSTILE],
  ["phoneburner", "--name", "calls", "--client", "Acme", "--set", "sync_activities_per_contact=false", "--set", "backfill_days=45"],
];

export const BIN = process.env.ATLAS_BIN ?? "../target/debug";

/** Starts a program and waits for the line that says where it listens. */
function listening(program: string, args: string[], env: NodeJS.ProcessEnv, from: "stdout" | "stderr"): Promise<{ child: ChildProcess; origin: string }> {
  const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  const said: string[] = [];
  return new Promise((resolve, reject) => {
    createInterface({ input: child[from]! }).on("line", (line) => {
      said.push(line);
      const origin = /listening on (http:\S+)/.exec(line)?.[1];
      if (origin) resolve({ child, origin });
    });
    child[from === "stdout" ? "stderr" : "stdout"]!.resume();
    child.on("exit", (code) => reject(new Error(`${program} ended with ${code}:\n${said.join("\n")}`)));
  });
}

/** `atlas` with a data folder of its own. */
export function program(dir: string) {
  const env = { PATH: process.env.PATH, HOME: dir, ATLAS_DATA_DIR: dir, ATLAS_API_KEY: "twin-key" };
  const atlas = (...args: string[]) =>
    execFileSync(`${BIN}/atlas`, args, { env, stdio: ["pipe", "pipe", "pipe"], input: args.includes("--password-stdin") ? ADMIN.password : "" });
  return { env, atlas };
}

/** Serves until what it returns is called. */
export async function serve(env: NodeJS.ProcessEnv): Promise<() => void> {
  const { child, origin } = await listening(`${BIN}/atlas`, ["serve", "--no-sync", "--listen", "127.0.0.1:0"], env, "stderr");
  process.env.ATLAS_ORIGIN = origin;
  return () => {
    child.removeAllListeners("exit");
    child.kill();
  };
}

export default async function world() {
  const dir = mkdtempSync(join(tmpdir(), "atlas-browser-"));
  const { env, atlas } = program(dir);
  const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  const twin = await listening(`${BIN}/atlas-twin`, ["--campaigns", "16", "--today", yesterday], env, "stdout");
  for (const source of SOURCES) atlas("source", "add", ...source, "--base-url", twin.origin, "--set", "pace=off", "--no-test");
  atlas("sync");
  atlas("user", "add", ADMIN.email, "--role", "admin", "--password-stdin");
  const end = await serve(env);
  const { pathname, search } = new URL(atlas("webhook", "url", "mails").toString().trim());
  process.env.ATLAS_WEBHOOK = process.env.ATLAS_ORIGIN + pathname + search;
  return () => {
    end();
    twin.child.removeAllListeners("exit");
    twin.child.kill();
    rmSync(dir, { recursive: true, force: true });
  };
}
