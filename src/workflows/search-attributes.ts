/**
 * What the list of runs in the Temporal UI can be filtered by: `needsOperator = true`, or
 * `status = "rejected" and step = "authorize payment"`. The names are those of the API's answers and
 * of psql, so that an operator needs one vocabulary; Temporal's own begin with a capital. Whoever may
 * look into Temporal sees them, also with encrypted payloads: no personal data.
 */
export const SEARCH_ATTRIBUTES = {
  tenant: { name: 'tenant', type: 'KEYWORD' },
  /** The order's or the refund's, as PostgreSQL has it whenever the run waits or has ended. */
  status: { name: 'status', type: 'KEYWORD' },
  /** Where the run waits; once it has ended, the step that turned it or else the last one. */
  step: { name: 'step', type: 'KEYWORD' },
  /** Whether a step is parked. */
  needsOperator: { name: 'needsOperator', type: 'BOOL' },
  amountMinor: { name: 'amountMinor', type: 'INT' },
} as const;
