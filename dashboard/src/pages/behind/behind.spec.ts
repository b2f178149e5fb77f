/** The lists behind figures. */
import { table } from "../../../browser/figures";
import { signIn, test } from "../../../browser/pages";

test.beforeEach(({ page }) => signIn(page));

table("messages-sent", "/behind?id=total_sent&period=all", "messages?limit=500");
table("messages-bounced", "/behind?id=bounce_rate&period=all", "messages?kind=bounced&limit=500");
table("calls-connects", "/behind?id=connects&period=all", "calls/list?kind=connects&limit=500");
table("people-replied", "/behind?id=replied&period=all", "journey/people?stage=replied&limit=500");
