import { expect, test } from "vitest";
import { csv } from "./csv";

test("a field is quoted where it must be, unknown is empty, and a formula is text, all of it UTF-8", () => {
  expect(csv(["Name", "Sent"], [['Bakers, "UK"', 12], ['=HYPERLINK(1);"=2', null], ["+44 1", 0.0218]])).toBe(
    '\ufeffName,Sent\r\n"Bakers, ""UK""",12\r\n"\'=HYPERLINK(1);""\'=2",\r\n\'+44 1,0.0218\r\n',
  );
});
