/** A campaign. */
import { cards } from "../../../browser/figures";
import { signIn, test } from "../../../browser/pages";

test.beforeEach(({ page }) => signIn(page));

cards("/campaigns/mails/:campaign", "campaigns?source=mails&campaign=:campaign");
