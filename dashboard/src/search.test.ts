import { expect, test } from "vitest";
import { asked, readSearch } from "./search";

test("an address typed by hand is read as far as it makes sense", () => {
  expect(readSearch({ period: "30d", client: "Acme", compare: false, page: 3 })).toEqual({
    period: "30d", client: "Acme", compare: false, page: 3,
  });
  expect(readSearch({ period: "fortnight", from: "yesterday", compare: "maybe", page: -1, client: "", x: 1 })).toEqual({});
  expect(readSearch({ campaign: 17 })).toEqual({ campaign: "17" });
});

test("a page opens with thirty days and those before, unless comparing is switched off", () => {
  expect(asked({}, "2026-11-28").days).toEqual({ from: "2026-10-30", to: "2026-11-28" });
  expect(asked({}, "2026-11-28").earlier).toEqual({ from: "2026-09-25", to: "2026-10-24" });
  expect(asked({ compare: false }, "2026-11-28").earlier).toBeUndefined();
  expect(asked({ period: "all" }, "2026-11-28").earlier).toBeUndefined();
});
