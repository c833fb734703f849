/**
 * What has to hold of every order, whatever happened to it (shared words with the checker of chaos,
 * and no code): at each step what may never be, and at the end what the books of the parties, our own
 * and the clients' journals say together.
 */
import { isEnded } from '../../src/domain/order.ts';
import type { OrderId, OrderStatus } from '../../src/domain/order.ts';
import { Accounts } from './accounts.ts';
import type { Account } from './accounts.ts';
import type { Journal } from './clients.ts';
import type { ByHand } from './keepers.ts';
import { auditLater } from './later-invariants.ts';
import type { Own, Say } from './own.ts';
import type { MailLine } from './memory/mailer.ts';
import type { OrderRow, RefundRow } from './memory/rows.ts';
import { SKUS } from './story.ts';
import { auditCodes, auditUse } from './voucher-invariants.ts';
import type { World } from './world.ts';

// The published table of moves, once more: a mistake in the original must not excuse itself.
const MOVES: Readonly<Record<string, string>> = {
  accepted: 'reserved rejected cancelled',
  reserved: 'authorized rejected cancelled',
  authorized: 'paid rejected cancelled',
  paid: 'shipped refunded',
  shipped: 'completed refunded',
  completed: 'refunded',
};

const accountsOf = new WeakMap<World, Accounts>();

/** After whatever was done about an order, or about nothing in particular. */
export function auditStep(world: World, about: string): void {
  const { books, gateway, carrier, violations, story } = world;
  const accounts = accountsOf.get(world) ?? new Accounts({ isLater: isLater(world) });
  accountsOf.set(world, accounts);
  violations.push(...accounts.read(gateway.lines, carrier.lines));
  for (const { sku, available, reserved, sold } of books.tables.stock.values()) {
    if (available + reserved + sold !== story.stock || Math.min(available, reserved, sold) < 0) {
      violations.push(`K1: of ${sku} there are ${available} + ${reserved} + ${sold}`);
    }
  }
  violations.push(...auditCodes(world));
  const events = books.tables.events.of(about as OrderId);
  if (events.length > 0 && events.at(-1)?.sequence !== events.length) {
    violations.push(`N2: the events of ${about} have a gap`);
  }
}

function isLater({ story }: World): boolean {
  return story.shipsAfterSeconds !== undefined;
}

export function auditEnd(world: World, journal: Journal, byHand: readonly ByHand[]): void {
  auditStep(world, '');
  const accounts = accountsOf.get(world) ?? new Accounts();
  const { orders, refunds } = world.books.tables;
  const wrong: string[] = [];
  for (const id of accounts.ids()) {
    if (orders.get(id as OrderId) === undefined) wrong.push(`M6: nobody placed ${id}`);
  }
  wrong.push(...auditClaims(world, journal));
  for (const order of orders.values()) {
    const own: Own = {
      order,
      account: accounts.of(order.id),
      refunds: [...refunds.values()].filter(({ orderId }) => orderId === order.id),
      mails: world.mailer.lines.filter(({ orderId }) => orderId === order.id),
      decided: new Map(
        byHand
          .filter(({ orderId, action }) => orderId === order.id && action !== 'retry')
          .map(({ step, undo, action }) => [undo ? `undo ${step}` : step, action]),
      ),
      wasCancelled: journal.cancelled.has(order.id),
    };
    const say = (words: string) => wrong.push(`${words} (${order.id}, ${order.status})`);
    if (!isEnded(order.status)) continue;
    if (isLater(world)) auditLater(world, own, say);
    else {
      auditMoney(own, say);
      auditRefunds(own, say);
      auditParcels(own, say);
      auditReservation(world, own, say);
      auditEntries(world, own, say);
    }
    auditReason(world, own, say);
    for (const words of auditUse(world, { ...own, isKept: isKept(order) })) say(words);
    auditEvents(world, own, say);
    auditMails(own, say);
  }
  auditShelf(world, wrong);
  world.violations.push(...wrong);
}

function auditClaims({ story, books }: World, { orders }: Journal): string[] {
  const wrong: string[] = [];
  const rows = books.tables.orders;
  if ([...rows.values()].length > story.orders.length) wrong.push('O2: a key has two orders');
  orders.forEach((acknowledged, plan) => {
    if (acknowledged.size > 1) wrong.push(`O3: order ${plan} has two IDs`);
    for (const id of acknowledged) if (!rows.get(id)) wrong.push(`O1: ${id} is lost`);
  });
  return wrong;
}

/** What was taken, and what is still held, by the gateway's book. */
function auditMoney({ order, account, decided, wasCancelled }: Own, say: Say): void {
  const total = Number(order.amountMinor);
  const isPaid = order.status === 'completed' || order.status === 'refunded';
  const { authorized, captured, released } = account;
  if (authorized !== 0 && authorized !== total) say('M5: another amount is held');
  if (captured !== (isPaid ? total : 0)) say(`M1: ${captured} is captured`);
  if (wasCancelled && captured !== 0) say('M9: captured although it was cancelled');
  const held = authorized - captured - released;
  if (held !== 0 && decided.get('undo authorize payment') !== 'skip') say(`M2: ${held} is held`);
}

/** What was paid back is what was asked for, or all of it where the order was made good. */
function auditRefunds({ order, account, refunds, decided }: Own, say: Say): void {
  const asked = refunds.filter(({ requestId }) => requestId !== null);
  const owed = isMadeGood(order) ? order.amountMinor : sumOf(asked.filter(hasSucceeded));
  const byHand = decided.get('refund payment');
  if (byHand === undefined && account.refunded !== Number(owed)) {
    say(`M4: ${account.refunded} is refunded where ${owed} is owed`);
  }
  if (byHand === 'mark-done' && account.refunded > 0)
    say('M4: refunded by hand and at the gateway');
  if (order.status === 'refunded' && owed !== order.amountMinor) say('M4: not all of it is back');
  auditEachRefund(account, asked, say);
}

function auditEachRefund(account: Account, asked: readonly RefundRow[], say: Say): void {
  for (const refund of asked) {
    const paid = account.refunds.get(`${refund.id}:refund:1`) ?? 0;
    const right = hasSucceeded(refund) ? Number(refund.amountMinor) : 0;
    if (paid !== right) say(`M4: ${refund.id} paid ${paid}`);
  }
}

function isMadeGood({ status, reason }: OrderRow): boolean {
  return status === 'refunded' && reason === 'address-refused';
}

/** The goods are the customer's, whatever became of the money later. */
function isKept({ status, reason }: OrderRow): boolean {
  return status === 'completed' || (status === 'refunded' && reason === null);
}

function hasSucceeded({ state }: RefundRow): boolean {
  return state === 'succeeded';
}

function sumOf(refunds: readonly RefundRow[]): bigint {
  return refunds.reduce((sum, { amountMinor }) => sum + amountMinor, 0n);
}

/** One parcel for what was kept, and none for anything else. */
function auditParcels({ order, account, decided }: Own, say: Say): void {
  const byHand = decided.get('request shipment') === 'mark-done' ? 1 : 0;
  const underWay = account.shipped - account.calledBack + byHand;
  // Who says that nothing has to be called back answers for the parcel.
  const isAnswered = !isKept(order) && decided.has('cancel shipment') && underWay === 1;
  if (underWay !== (isKept(order) ? 1 : 0) && !isAnswered) {
    say(`H1: ${underWay} parcels are under way`);
  }
}

/** Who is said to have refused it has: the party, or an operator in its place. */
function auditReason({ books }: World, { order, account, decided }: Own, say: Say): void {
  const isBy = (step: string) => decided.get(step) === 'refuse';
  if (isMadeGood(order) && !account.isRefused && !isBy('request shipment')) {
    say('H1: made good, although the carrier did not refuse it');
  }
  if (order.reason === 'payment-action-expired' && !account.hasWaited) {
    say('O6: expired, although nobody was asked');
  }
  const wasHeld = account.authorized > 0 && !account.hasLapsed;
  if (isDeclined(books, order) && wasHeld && !isBy('authorize payment')) {
    say('O5: declined, although the money was held');
  }
}

/** To a hold that is made once more, without the customer, the bank may say no. */
function isDeclined({ tables }: World['books'], { id, reason }: OrderRow): boolean {
  return reason === 'payment-declined' && tables.payments.get(id)?.isRenewed !== true;
}

/** Goods as money: all of them sold, or all of them back. */
function auditReservation({ books }: World, { order, decided, refunds }: Own, say: Say): void {
  if (decided.has('undo reserve stock') || decided.has('restock')) return;
  for (const { sku, state, quantity, restocked } of books.tables.reservations.of(order.id)) {
    const isBack = state === 'released' || state === 'restocked';
    const back = backOnTheShelf(refunds, sku);
    const shouldBeBack = !isKept(order) || back === quantity;
    if (isBack !== shouldBeBack) say(`K4: its ${quantity} ${sku} are ${state}`);
    if (isKept(order) && back !== restocked) say(`K4: ${restocked} of ${sku} are back`);
  }
}

function backOnTheShelf(refunds: readonly RefundRow[], sku: string): number {
  return refunds
    .filter((refund) => hasSucceeded(refund) && refund.restock)
    .flatMap(({ lines }) => lines.filter((line) => line.sku === sku))
    .reduce((sum, { quantity }) => sum + quantity, 0);
}

/** Gapless, each move a legal one, and the operators' flag as the queue has it. */
function auditEvents({ books }: World, { order }: Own, say: Say): void {
  let status: OrderStatus = 'accepted';
  books.tables.events.of(order.id).forEach(({ sequence, order: { status: next } }, at) => {
    if (sequence !== at + 1) say(`N2: event ${at + 1} is number ${sequence}`);
    if (next === status) return;
    if (!MOVES[status]?.split(' ').includes(next)) say(`O5: ${status} became ${next}`);
    status = next;
  });
  if (status !== order.status) say(`O5: the events end with ${status}`);
  if (order.needsOperator && books.tables.parked.of(order.id).length === 0) {
    say('O8: nobody is needed any more');
  }
}

/** One letter for each outcome, under its own name, and none about anything else. */
function auditMails({ order, mails, decided }: Own, say: Say): void {
  const expected = new Set<string>([order.status]);
  if (isKept(order)) expected.add('completed');
  const sent = new Set(mails.flatMap((line) => (line.kind === 'effect' ? [kindOf(line)] : [])));
  for (const kind of sent) if (!expected.has(kind)) say(`N1: a mail about ${kind}`);
  if (decided.has('send receipt') || decided.has('refund payment')) return;
  for (const kind of expected) if (!sent.has(kind)) say(`N1: no mail about ${kind}`);
}

function kindOf({ mail }: Extract<MailLine, { kind: 'effect' }>): string {
  return /[.](.+)@makegood>$/.exec(mail.messageId)?.[1] ?? '?';
}

/** Our own entries add up to what the gateway says. */
function auditEntries({ books }: World, { order, account, decided }: Own, say: Say): void {
  if (decided.size > 0) return;
  const entries = books.tables.entries.of(order.id);
  const sum = (of: 'authorized' | 'captured' | 'voided' | 'refunded') =>
    entries.reduce((total, entry) => total + Number(entry[of]), 0);
  const { authorized, captured, released, refunded, hasLapsed, hasWaited } = account;
  const ours = [sum('authorized'), sum('captured'), sum('voided'), sum('refunded')];
  // A hold that was gone before anybody wrote it down has no amount any more: one that lapsed, or one
  // that a customer had agreed to when it was about to be called off.
  const isUnknown = (hasLapsed || hasWaited) && sum('authorized') === 0;
  const theirs = [isUnknown ? 0 : authorized, captured, isUnknown ? 0 : released, refunded];
  if (ours.join() !== theirs.join())
    say(`M11: our entries say ${ours.join()}, the gateway ${theirs.join()}`);
}

/** Nothing stays reserved, and what is sold is what was kept. */
function auditShelf({ books }: World, wrong: string[]): void {
  const all = [...books.tables.orders.values()];
  const rows = all.flatMap(({ id }) =>
    books.tables.reservations.of(id).map((row) => ({ id, ...row })),
  );
  for (const sku of SKUS) {
    const stock = [...books.tables.stock.values()].find((row) => row.sku === sku);
    const own = rows.filter((row) => row.sku === sku);
    const held = own.filter(({ state }) => state === 'held');
    const sold = own.filter(({ state }) => state === 'sold' || state === 'restocked');
    const count = (of: readonly { readonly quantity: number }[]) =>
      of.reduce((sum, { quantity }) => sum + quantity, 0);
    if (stock?.reserved !== count(held))
      wrong.push(`K3: of ${sku} ${stock?.reserved} are reserved`);
    const kept = sold.reduce(
      (sum, { state, quantity, restocked }) =>
        sum + (state === 'restocked' ? 0 : quantity - restocked),
      0,
    );
    if (stock?.sold !== kept)
      wrong.push(`K4: of ${sku} ${stock?.sold} are sold where ${kept} are kept`);
  }
}
