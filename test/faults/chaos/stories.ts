/**
 * What the clients want: a story for each order, drawn from the seed before anything runs. A story
 * says what is sent, with which keys, and what its client does besides waiting for the end.
 */
import type { Random } from './random.ts';
import { LATER, shelfOf, TENANTS, VOUCHERS } from './shelf.ts';
import type { Product, Tenant } from './shelf.ts';
import { cardOf, shipsOf, tenantOf } from './shipping.ts';
import type { ShipWish } from './shipping.ts';

export interface Story {
  readonly n: number;
  readonly atMs: number;
  readonly kind: Kind;
  readonly tenant: Tenant;
  readonly key: string;
  readonly body: OrderWish;
  /** How many clients send it at the same moment, in turn to both APIs. */
  readonly senders: number;
  /** Seconds of `Prefer: wait`. */
  readonly waitSeconds?: number;
  readonly follows: 'polls' | 'waits' | 'streams';
  readonly cancelAfterMs?: number;
  /** What the customer does when their bank asks. */
  readonly bank?: BankWish;
  /** What the merchant does, where it is captured at shipment. */
  readonly ships?: ShipWish;
  /** Sent once the order has ended, all at the same moment where `together`. */
  readonly refunds: readonly RefundWish[];
  readonly together: boolean;
  /** After the answer the same key is sent again, with this body. */
  readonly again?: 'same' | 'other';
}

interface OrderWish {
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[];
  readonly customer: { readonly email: string; readonly name: string };
  readonly shippingAddress: Readonly<Record<string, string>>;
  readonly paymentMethod: string;
  readonly voucherCode?: string;
  readonly returnUrl?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

interface BankWish {
  /** `nothing`: until the time is up. */
  readonly answer: 'approve' | 'decline' | 'nothing';
  readonly afterMs: number;
  /** Whether the shop says that they are back. */
  readonly isBack: boolean;
}

interface RefundWish {
  readonly key: string;
  readonly body: object;
}

// How many in a hundred or so.
const KINDS = {
  ordinary: 28,
  asked: 6,
  'several-lines': 12,
  declined: 8,
  unshippable: 8,
  hot: 9,
  'cancel-at-once': 7,
  'cancel-late': 6,
  'refund-whole': 4,
  'refund-part': 4,
  'refund-lines': 3,
  'refund-too-much': 2,
  'refund-together': 4,
  'sold-out': 1,
  'card-number': 1,
} as const;
type Kind = keyof typeof KINDS;

const DECK = Object.entries(KINDS).flatMap(([kind, count]) =>
  Array.from({ length: count }, () => kind as Kind),
);

// The last orders are to meet faults as well, and the heal to find them under way.
const BEFORE_THE_END_MS = 1_000;

interface Drawn {
  readonly orders: number;
  readonly seconds: number;
  readonly seed: string;
  readonly later?: boolean;
}

/** Every kind comes once in a while: dealt from a deck, not thrown as dice. */
export function drawStories(
  { orders, seconds, seed, later }: Drawn,
  random: Random,
): { stories: readonly Story[]; shelf: readonly Product[] } {
  const shelf = TENANTS.flatMap((tenant) => shelfOf(tenant, orders, random.fork(tenant)));
  const deck: Kind[] = [];
  const stories = Array.from({ length: orders }, (_, n) => {
    if (deck.length === 0) deck.push(...random.shuffled(DECK));
    const kind = deck.pop() ?? 'ordinary';
    const atMs = Math.floor((n / orders) * (seconds * 1_000 - BEFORE_THE_END_MS));
    const own = random.fork(`story-${n}`);
    const tenant = tenantOf(n, own);
    const shop = shelf.filter((product) => product.tenant === tenant);
    const told = { n, atMs, kind, tenant, key: `${KEY_CANARY}-${seed}-${n}` };
    const story = drawStory(told, shop, own);
    if (later !== true || tenant !== LATER) return story;
    return { ...story, ships: shipsOf(n, story.body, own.fork('ships')) };
  });
  return { stories, shelf };
}

/** Begins every key, and may be nowhere but where the clients' own words are. */
export const KEY_CANARY = 'canary-key';

/** Where every order comes to. */
export const ENDS = ['completed', 'rejected', 'cancelled', 'refunded'];

/** The names and addresses that no log may have. */
export const NAME_CANARY = 'Canaria Serinus';

// Passes Luhn, and belongs to nobody.
export const CARD_CANARY = '4000056655665556';

type Told = Pick<Story, 'n' | 'atMs' | 'kind' | 'tenant' | 'key'>;

function drawStory(told: Told, shop: readonly Product[], random: Random): Story {
  const body = drawBody(told, shop, random);
  const total = body.lines.reduce(
    (sum, { sku, quantity }) =>
      sum + quantity * (shop.find((product) => product.sku === sku)?.unitPrice ?? 0),
    0,
  );
  const again = random.chance(0.25) ? random.pick(['same', 'other'] as const) : undefined;
  return {
    ...told,
    body,
    senders: random.chance(0.2) ? random.int(2, 4) : 1,
    ...(random.chance(0.3) && { waitSeconds: random.int(1, 4) }),
    // Whoever is asked has to see it.
    follows: random.pick(
      told.kind === 'asked' ? ['polls', 'waits'] : ['polls', 'waits', 'waits', 'streams'],
    ),
    ...cancelOf(told.kind, random),
    ...(told.kind === 'asked' && { bank: bankOf(random) }),
    refunds: refundsOf(told, body, total, random),
    together: told.kind === 'refund-together',
    ...(again !== undefined && { again }),
  };
}

function drawBody(told: Told, shop: readonly Product[], random: Random): OrderWish {
  const { n, kind } = told;
  const named = (name: string) => shop.filter(({ sku }) => sku.startsWith(name));
  const common = shop.filter(({ sku }) => !/^(hot|none)-/.test(sku));
  const line = (products: readonly Product[]) => ({
    sku: random.pick(products).sku,
    quantity: random.int(1, 3),
  });
  const lines: Partial<Record<Kind, () => OrderWish['lines']>> = {
    'several-lines': () =>
      random
        .shuffled(common)
        .slice(1)
        .map((product) => line([product])),
    'refund-lines': () => [{ sku: random.pick(common).sku, quantity: 3 }],
    hot: () => [line(named('hot')), ...(random.chance(0.5) ? [line(common)] : [])],
    'sold-out': () => [line(named('none'))],
  };
  return {
    lines: lines[kind]?.() ?? [line(common)],
    customer: { email: `canary-${n}@chaos.example`, name: NAME_CANARY },
    shippingAddress: {
      name: NAME_CANARY,
      line1: `${n} Cage Street`,
      city: 'London',
      postalCode: kind === 'unshippable' ? '00000' : 'SW1Y 4JH',
      country: 'GB',
    },
    ...paidWith(told, random),
    ...(random.chance(WITH_VOUCHER) && { voucherCode: random.pick(VOUCHERS) }),
    metadata: { story: kind === 'card-number' ? CARD_CANARY : String(n) },
  };
}

function paidWith(
  { n, kind, tenant }: Told,
  random: Random,
): Pick<OrderWish, 'paymentMethod' | 'returnUrl'> {
  if (kind === 'declined') return { paymentMethod: random.pick(DECLINED) };
  if (kind !== 'asked') return { paymentMethod: cardOf(n, tenant) };
  return { paymentMethod: random.pick(ASKING), returnUrl: 'http://localhost:1/thanks' };
}

// Of all kinds, so that it is had by orders that end in every way.
const WITH_VOUCHER = 0.15;
const DECLINED = ['pm_card_chargeDeclined', 'pm_card_chargeDeclinedInsufficientFunds'] as const;

const ASKING = [
  'pm_card_threeDSecure2Required',
  'pm_card_threeDSecure2Required',
  'pm_card_threeDSecureRequiredChargeDeclined',
] as const;

function bankOf(random: Random): BankWish {
  const answer = random.pick(['approve', 'approve', 'approve', 'decline', 'nothing'] as const);
  return { answer, afterMs: random.int(0, LATEST_ANSWER_MS), isBack: random.chance(0.5) };
}

// Some are too late.
const LATEST_ANSWER_MS = 15_000;
export const ACTION_SECONDS = 12;

function cancelOf(kind: Kind, random: Random): { cancelAfterMs?: number } {
  if (kind === 'cancel-at-once') return { cancelAfterMs: random.int(0, 30) };
  if (kind === 'cancel-late') return { cancelAfterMs: random.int(30, 1_500) };
  return {};
}

function refundsOf(
  { kind, key }: Told,
  { lines }: OrderWish,
  total: number,
  random: Random,
): readonly RefundWish[] {
  const amount = (value: number) => ({ amount: { value: String(value), currency: 'EUR' } });
  const part = (share: number) => amount(Math.max(1, Math.floor(total * share)));
  const bodies: Partial<Record<Kind, readonly object[]>> = {
    'refund-whole': [{}],
    'refund-part': [part(random.fraction() * 0.4), part(random.fraction() * 0.5)],
    'refund-lines': [
      { lines: lines.map(({ sku }) => ({ sku, quantity: random.int(1, 3) })), restock: true },
    ],
    'refund-too-much': [amount(total + 1)],
    // Two of the four fit into what was paid.
    'refund-together': Array.from({ length: 4 }, () => part(0.4)),
  };
  return (bodies[kind] ?? []).map((body, i) => ({ key: `${key}-refund-${i}`, body }));
}
