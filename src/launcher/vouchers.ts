/** Vouchers as a file has them, and how they come into the books. */
import type pg from 'pg';
import { z } from 'zod';

// The columns are bigint and integer; what is beyond them is a slip of the keyboard.
const minorUnits = z
  .string()
  .regex(/^[1-9]\d{0,14}$/, 'must be minor units as a decimal string')
  .optional();

const voucher = z
  .strictObject({
    code: z
      .string()
      .regex(/^[A-Z0-9][A-Z0-9_-]{0,39}$/, 'must be 1 to 40 capital letters, digits, - or _'),
    currency: z.string().regex(/^[A-Z]{3}$/, 'must be an ISO currency like EUR'),
    amountOff: minorUnits,
    percentOff: z.int().min(1).max(99).optional(),
    minimumAmount: minorUnits,
    validFrom: z.iso.datetime({ offset: true }).optional(),
    validUntil: z.iso.datetime({ offset: true }).optional(),
    uses: z.int().min(0).max(1_000_000_000),
  })
  .refine(({ amountOff, percentOff }) => (amountOff === undefined) !== (percentOff === undefined), {
    message: 'needs amountOff or percentOff, and not both',
  });

type Voucher = z.infer<typeof voucher>;

export const vouchersSchema = z
  .array(voucher)
  .min(1)
  .refine((vouchers) => new Set(vouchers.map(({ code }) => code)).size === vouchers.length, {
    message: 'names a code twice',
  });

/** Sets their terms; how often they have been used stays as it is. Orders keep what they were granted. */
export async function importVouchers(
  client: pg.Client,
  tenantId: string,
  vouchers: readonly Voucher[],
): Promise<void> {
  // All or none, in one statement.
  await client.query(
    `INSERT INTO voucher (tenant_id, code, currency, amount_off, percent_off, minimum_amount,
       valid_from, valid_until, uses)
     SELECT $1, v.code, v.currency, v."amountOff", v."percentOff", coalesce(v."minimumAmount", 0),
       coalesce(v."validFrom", now()), v."validUntil", v.uses
     FROM jsonb_to_recordset($2::jsonb) AS v(code text, currency text, "amountOff" bigint,
       "percentOff" integer, "minimumAmount" bigint, "validFrom" timestamptz,
       "validUntil" timestamptz, uses integer)
     ON CONFLICT (tenant_id, code) DO UPDATE SET currency = excluded.currency,
       amount_off = excluded.amount_off, percent_off = excluded.percent_off,
       minimum_amount = excluded.minimum_amount, valid_from = excluded.valid_from,
       valid_until = excluded.valid_until, uses = excluded.uses`,
    [tenantId, JSON.stringify(vouchers)],
  );
}

export async function hasVouchers(client: pg.Client, tenantId: string): Promise<boolean> {
  const found = await client.query('SELECT 1 FROM voucher WHERE tenant_id = $1 LIMIT 1', [
    tenantId,
  ]);
  return found.rowCount !== 0;
}
