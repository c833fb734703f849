/** What two answers have to have in common: all but times and generated IDs, with keys in one order. */
const GENERATED = /^(.*At|actionId|operatorActionId|installation|blockedSince|seconds|more)$/;

export function comparable(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value as Readonly<Record<string, unknown>>)
    .filter(([key, field]) => field !== null && field !== undefined && !GENERATED.test(key))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, field]) => [key, comparable(field)]);
  return Object.fromEntries(entries);
}
