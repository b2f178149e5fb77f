//! Examples that `--help` shows.

pub(crate) const SOURCE: &str = "Examples:
  atlas source add replyio --name acme-replies
  atlas source list
  atlas source test acme
  atlas source set acme sync_leads=true";

pub(crate) const SOURCE_SET: &str = "Examples:
  atlas source set acme sync_leads=true time_budget_s=600
  atlas source set acme --client \"Acme Ltd\" --time-zone Europe/Berlin
  pass show smartlead | atlas source set acme --api-key-stdin";

pub(crate) const SYNC: &str = "Examples:
  atlas sync                                all sources
  atlas sync acme --full                    one of them, changed or not
  atlas sync --dry-run                      what it would ask, and what that costs
  atlas sync --no-continue --json           one slice, for a scheduler

Exit codes: 0 done · 1 error · 3 some sources failed · 4 every key was refused · \
5 stopped at a time budget or quota, the rest is pending · 6 another process is at it · 130 interrupted";

pub(crate) const STATUS: &str = "Examples:
  atlas status
  atlas status acme --json";

pub(crate) const VERIFY: &str = "Examples:
  atlas mapping verify
  atlas mapping verify acme --json";

pub(crate) const DOCTOR: &str = "It may be pasted into an issue: it holds no name, no address and no key.

Examples:
  atlas doctor
  atlas doctor --json";

pub(crate) const REPLAY: &str =
    "Everything that a service said is kept. A replay understands it once more with today's \
mapping, in one
transaction: readers see the state before or the state after. Nothing is asked of a service.

Examples:
  atlas replay
  atlas replay acme --since 2026-11-02
  atlas replay --failed";

pub(crate) const DB: &str = "Examples:
  atlas db check
  atlas db backup atlas-$(date +%F).db
  atlas db copy --to postgres://atlas@localhost/atlas";

pub(crate) const WEBHOOK: &str = "Examples:
  atlas webhook url acme
  atlas webhook register acme
  atlas webhook tail";

pub(crate) const CLIENT: &str =
    "A campaign is of the client that a hand gave it to; else of the first rule that fits its name; else of
its data source's client; else of the one that the service says.

Examples:
  atlas client list
  atlas client rule add Acme --contains acme
  atlas client assign Acme \"Q4 founders\"
  atlas client why \"Q4 founders\"
  atlas client targets Acme reply_rate=0.04 meetings_booked=3
  atlas client report Acme";

pub(crate) const FORGET: &str = "Counts stay: what was sent, answered and called is kept as somebody's without name, address or text. What
the services tell of them later is not kept. A backup made before still has them: after restoring one, forget them again.

Examples:
  atlas forget ada@example.com --dry-run
  atlas forget ada@example.com";
