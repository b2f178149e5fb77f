/** How far people come. */
import { cards, table } from "../../../browser/figures";
import { signIn, test } from "../../../browser/pages";

test.beforeEach(({ page }) => signIn(page));

cards("/journey", "journey?group_by=total");
table("journey-client", "/journey?period=all", "journey?group_by=client");
table("journey-campaign", "/journey?period=all&tab=campaign", "journey?group_by=campaign");
