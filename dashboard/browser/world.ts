/** What the tests look at: a made-up account of three services, synced by the real program, and served by it. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
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

/** A program that listens, and what it says. */
type Running = { origin: string; child: ChildProcess; said: string[]; end: () => Promise<void> };

/** Starts a program and waits for the line that says where it listens. */
function listening(program: string, args: string[], env: NodeJS.ProcessEnv, from: "stdout" | "stderr"): Promise<Running> {
  const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  const said: string[] = [];
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const end = () => {
    child.kill();
    return ended;
  };
  return new Promise((resolve, reject) => {
    createInterface({ input: child[from]! }).on("line", (line) => {
      said.push(line);
      const origin = /listening on (http:\S+)/.exec(line)?.[1];
      if (origin) resolve({ origin, child, said, end });
    });
    child[from === "stdout" ? "stderr" : "stdout"]!.resume();
    child.on("exit", (code) => reject(new Error(`${program} ended with ${code}:\n${said.join("\n")}`)));
  });
}

/** `atlas` with a data folder of its own. */
export function program(dir: string) {
  const env = { PATH: process.env.PATH, HOME: dir, ATLAS_DATA_DIR: dir, ATLAS_API_KEY: "twin-key" };
  const feed = (input: string, ...args: string[]) => execFileSync(`${BIN}/atlas`, args, { env, stdio: ["pipe", "pipe", "pipe"], input });
  const atlas = (...args: string[]) => feed(args.includes("--password-stdin") ? ADMIN.password : "", ...args);
  return { env, atlas, feed };
}

export const folder = (name: string): string => mkdtempSync(join(tmpdir(), `atlas-${name}-`));

/** Serves until it is ended. */
export const serve = (env: NodeJS.ProcessEnv, ...more: string[]): Promise<Running> =>
  listening(`${BIN}/atlas`, ["serve", "--listen", "127.0.0.1:0", ...more], env, "stderr");

const twin = (...args: string[]): Promise<Running> => listening(`${BIN}/atlas-twin`, args, {}, "stdout");

/** What a browser keeps of whoever has signed in. */
export async function session(origin: string): Promise<string> {
  const answer = await fetch(`${origin}/api/v1/session`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(ADMIN) });
  const cookie = answer.headers.get("set-cookie")?.split(";")[0];
  if (!cookie) throw new Error(`nobody is signed in: ${answer.status}`);
  return cookie;
}

export default async function world() {
  const [calm, live, lessons] = [folder("calm"), folder("live"), folder("lessons")];
  const { env, atlas } = program(calm);
  const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  const services = await twin("--campaigns", "16", "--today", yesterday);
  // A sync that lasts long enough to be watched.
  const slow = await twin("--campaigns", "4", "--latency-ms", "60", "--today", yesterday);
  for (const source of SOURCES) atlas("source", "add", ...source, "--base-url", services.origin, "--set", "pace=off", "--no-test");
  atlas("sync");
  atlas("user", "add", ADMIN.email, "--role", "admin", "--password-stdin");
  const hook = new URL(atlas("webhook", "url", "mails").toString().trim());
  const first = await serve(env, "--no-sync");
  const cookie = await session(first.origin);
  await first.end();
  for (const copy of [live, lessons]) cpSync(calm, copy, { recursive: true });
  const at = (dir: string) => ({ ...env, ATLAS_DATA_DIR: dir, HOME: dir });
  // One that stays as it is, and two that tests change.
  const servers = [await serve(env, "--no-sync"), await serve(at(live)), await serve(at(lessons), "--no-sync")] as const;
  Object.assign(process.env, {
    ATLAS_ORIGIN: servers[0].origin, ATLAS_LIVE: servers[1].origin, ATLAS_LESSONS: servers[2].origin, ATLAS_LESSONS_DIR: lessons, ATLAS_SESSION: cookie, ATLAS_SLOW: slow.origin,
    ATLAS_WEBHOOK: servers[1].origin + hook.pathname + hook.search,
  });
  return async () => {
    for (const running of [...servers, services, slow]) await running.end();
    for (const dir of [calm, live, lessons]) rmSync(dir, { recursive: true, force: true });
  };
}
