/** The last demo's database, copied, or an account that somebody made for this, served with somebody who may sign in. */
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ADMIN, BIN, folder, program, serve, session } from "../browser/world";

export default async function world() {
  const made = process.env.ATLAS_ACCOUNT;
  const dir = made ?? folder("screens");
  if (!made) cpSync(join(BIN, "../demo"), dir, { recursive: true });
  const { atlas, env } = program(dir);
  try {
    atlas("user", "add", ADMIN.email, "--role", "admin", "--password-stdin");
  } catch {
    // There is one already.
  }
  const { origin, end } = await serve(env, "--no-sync");
  Object.assign(process.env, { ATLAS_ORIGIN: origin, ATLAS_SESSION: await session(origin) });
  return async () => {
    await end();
    if (!made) rmSync(dir, { recursive: true, force: true });
  };
}
