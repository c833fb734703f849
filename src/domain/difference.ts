/** What may differ between our book and the gateway's; docs/operations.md says what each one means. */
export const DIFFERENCE_KINDS = [
  'payment-without-order',
  'order-without-payment',
  'amounts-differ',
  'authorization-lapsing',
  'moved-by-hand',
  'invariant-broken',
] as const;
export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number];
