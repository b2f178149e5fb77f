/** The list of campaigns. */
import { table } from "../../../browser/figures";
import { signIn, test } from "../../../browser/pages";

test.beforeEach(({ page }) => signIn(page));

table("campaigns", "/campaigns?period=all", "campaigns?limit=1000");
