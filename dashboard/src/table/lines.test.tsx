import { expect, test } from "vitest";
import { textOf } from "./Lines";

test("a cell's text goes into the file, and its buttons do not", () => {
  const cell = <span>5 of 10{true && <b> · {2} failed</b>}{null}</span>;
  expect(textOf(cell)).toBe("5 of 10 · 2 failed");
  expect([textOf("a"), textOf(7), textOf(undefined), textOf(false), textOf(<button type="button" />)]).toEqual(["a", "7", "", "", ""]);
});
