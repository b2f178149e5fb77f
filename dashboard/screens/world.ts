/** The last demo's database, copied, and served with somebody who may sign in. */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ADMIN, BIN, program, serve } from "../browser/world";

export default function world() {
  const dir = mkdtempSync(join(tmpdir(), "atlas-screens-"));
  cpSync(join(BIN, "../demo"), dir, { recursive: true });
  const { atlas, env } = program(dir);
  try {
    atlas("user", "remove", ADMIN.email);
  } catch {
    // There was none.
  }
  atlas("user", "add", ADMIN.email, "--role", "admin", "--password-stdin");
  return serve(env).then((end) => () => {
    end();
    rmSync(dir, { recursive: true, force: true });
  });
}
