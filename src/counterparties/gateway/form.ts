/**
 * Form fields as the Stripe SDK writes them: `metadata[order_id]=…` is one level of nesting, and
 * no request here needs more.
 */
export function nested(fields: URLSearchParams): Record<string, unknown> {
  const params: Record<string, unknown> = {};
  for (const [name, value] of fields) {
    const [, outer = name, inner] = /^([^[\]]+)\[([^[\]]*)\]$/.exec(name) ?? [];
    if (inner === undefined) params[outer] = value;
    else params[outer] = { ...(params[outer] as object | undefined), [inner]: value };
  }
  return params;
}
