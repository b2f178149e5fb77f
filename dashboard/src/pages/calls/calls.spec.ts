/** Calls, callers and dial sessions. */
import { cards, table } from "../../../browser/figures";
import { signIn, test } from "../../../browser/pages";

test.beforeEach(({ page }) => signIn(page));

cards("/calls", "calls?group_by=total");
table("callers", "/calls?period=all", "calls?group_by=caller");
table("sessions", "/calls?tab=sessions&period=all", "calls/sessions?limit=1000");
