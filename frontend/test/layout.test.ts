import { expect, test } from "vitest";
import { layoutFor } from "../src/player/layout";

test("the full card has the mockup's picture", () => {
  expect(layoutFor(1118)).toEqual({ side: 528, narrow: false, tight: false, snug: false });
});

test("below 760 pixels the ledger goes under the picture, which takes the width", () => {
  expect(layoutFor(760).narrow).toBe(false);
  expect(layoutFor(759)).toMatchObject({ narrow: true, side: 528 });
  expect(layoutFor(400)).toMatchObject({ narrow: true, side: 369, tight: true });
});

test("beside the picture the ledger keeps its room", () => {
  for (let width = 760; width <= 1120; width++) expect(width - layoutFor(width).side).toBeGreaterThanOrEqual(420);
});
