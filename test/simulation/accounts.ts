/**
 * The gateway's and the carrier's books, read line by line as they are written: what may never be,
 * at no moment, is said at that moment. Knows nothing of the engine, and nothing of our own books.
 */
import type { CarrierLine } from './memory/carrier.ts';
import type { GatewayLine } from './memory/gateway-book.ts';

type Effect = Extract<GatewayLine, { kind: 'effect' }>;

/** What the parties' books say of one order. */
export interface Account {
  authorized: number;
  captured: number;
  /** Held, and let go. */
  released: number;
  refunded: number;
  /** The gateway itself has let it go. */
  hasLapsed: boolean;
  captures: number;
  /** The customer was asked, or their bank took its time. */
  hasWaited: boolean;
  /** Of captures, each of which is done once. */
  readonly captureKeys: Set<string>;
  /** Intents that hold money now. */
  readonly live: Set<string>;
  /** By their keys: those that were paid out. */
  readonly refunds: Map<string, number>;
  shipped: number;
  calledBack: number;
  /** The carrier does not deliver there. */
  isRefused: boolean;
}

export class Accounts {
  /** Each parcel is handed over first, and then its share is captured. */
  readonly #isLater: boolean;
  readonly #accounts = new Map<string, Account>();
  readonly #refundKeys = new Map<string, string>();
  #gatewayRead = 0;
  #carrierRead = 0;

  constructor({ isLater = false } = {}) {
    this.#isLater = isLater;
  }

  of(orderId: string): Account {
    let account = this.#accounts.get(orderId);
    if (account === undefined) {
      account = {
        ...{ authorized: 0, captured: 0, released: 0, refunded: 0, captures: 0 },
        ...{ live: new Set(), captureKeys: new Set(), refunds: new Map() },
        ...{ shipped: 0, calledBack: 0 },
        ...{ hasLapsed: false, hasWaited: false, isRefused: false },
      };
      this.#accounts.set(orderId, account);
    }
    return account;
  }

  ids(): readonly string[] {
    return [...this.#accounts.keys()];
  }

  /** Reads on, and says what is wrong with what it has read. */
  read(gateway: readonly GatewayLine[], carrier: readonly CarrierLine[]): string[] {
    const wrong: string[] = [];
    for (; this.#gatewayRead < gateway.length; this.#gatewayRead += 1) {
      const line = gateway[this.#gatewayRead] as GatewayLine;
      const about = line.orderId ?? '?';
      if (!isOwnKey(line, this.#isLater) && !this.#isLate(line))
        wrong.push(`M10: ${about} has the key ${line.key}`);
      if (line.kind === 'effect') wrong.push(...this.#money(about, line));
    }
    for (; this.#carrierRead < carrier.length; this.#carrierRead += 1) {
      const line = carrier[this.#carrierRead] as CarrierLine;
      if (line.kind === 'effect') wrong.push(...this.#parcel(line.orderId ?? '?', line.effect));
    }
    return wrong;
  }

  /** The reconciler's own: what a bank has held when its order had been ended. */
  #isLate({ key, operation, orderId }: GatewayLine): boolean {
    if (operation !== 'cancel' || orderId === null) return false;
    return this.of(orderId).hasWaited && key === `dif_${orderId}:cancel:1`;
  }

  #money(about: string, line: Effect): string[] {
    const account = this.of(about);
    const isLate = !this.#isLater && line.effect === 'canceled' && account.captures > 0;
    this.#move(account, line);
    const { captures, captured, live, refunded, authorized, released, captureKeys } = account;
    const mayHave = this.#isLater ? captureKeys.size : 1;
    return [
      ...(line.currency === 'eur' ? [] : [`M5: ${about} is paid in ${line.currency}`]),
      ...(isLate ? [`M9: ${about} is voided after its capture`] : []),
      ...(live.size > 1 ? [`M7: ${about} has two live authorizations`] : []),
      ...(captures > mayHave ? [`M1: ${about} is captured twice`] : []),
      ...(captured + released > authorized ? [`M1: ${about} is captured beyond its hold`] : []),
      ...(refunded > captured ? [`M3: ${about} is refunded too much`] : []),
    ];
  }

  #move(account: Account, line: Effect): void {
    const { amount, intent } = line;
    if (line.effect === 'authorized') {
      account.authorized += amount;
      account.live.add(intent);
    } else if (line.effect === 'action-required' || line.effect === 'processing') {
      account.hasWaited = true;
    } else if (line.effect === 'captured') {
      this.#capture(account, line);
    } else if (line.effect === 'canceled') {
      account.released += amount;
      account.hasLapsed ||= line.reason === 'automatic';
      account.live.delete(intent);
    } else if (line.effect === 'refund-pending') {
      this.#refundKeys.set(line.refund, String(line.key));
    } else if (line.effect === 'refunded') {
      this.#payOut(account, amount, this.#refundKeys.get(line.refund) ?? String(line.key));
    }
  }

  #capture(account: Account, line: Extract<Effect, { effect: 'captured' }>): void {
    account.captured += line.amount;
    account.captures += 1;
    account.captureKeys.add(String(line.key));
    if (line.rest === undefined) account.live.delete(line.intent);
  }

  #payOut(account: Account, amount: number, key: string): void {
    account.refunded += amount;
    account.refunds.set(key, (account.refunds.get(key) ?? 0) + amount);
  }

  #parcel(about: string, effect: string): string[] {
    const account = this.of(about);
    if (effect === 'cancelled') account.calledBack += 1;
    account.isRefused ||= effect === 'refused';
    if (effect !== 'shipped') return [];
    account.shipped += 1;
    if (this.#isLater) return [];
    const wrong: string[] = [];
    if (account.captures === 0) wrong.push(`H2: ${about} is shipped before it is paid`);
    if (account.shipped > 1) wrong.push(`H1: ${about} is shipped twice`);
    return wrong;
  }
}

// Of the business, and nothing is ever tried a second time under another number.
function isOwnKey({ key, operation, orderId }: GatewayLine, isLater: boolean): boolean {
  if (key === null) return true;
  if (operation === 'refund') return /^(ord|rfd)_[0-9a-z]{26}:refund:1$/.test(key);
  if (!isLater) return key === `${orderId}:${operation}:1`;
  // One capture for each shipment; one hold, and another.
  const [, n] = /:(\d+)$/.exec(key) ?? [];
  const most = operation === 'capture' ? 50 : 2;
  return key === `${orderId}:${operation}:${n}` && Number(n) <= most;
}
