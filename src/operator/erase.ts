/**
 * A customer's erasure: order by order, each in a transaction of its own, so that a customer with
 * many orders holds up nobody and a command that dies is simply given again.
 */
import type { OrderId } from '../domain/order.ts';
import type { CustomersOrder, OperatorsDesk, Signature } from './ports.ts';

export interface Erasure {
  readonly erased: readonly { readonly id: OrderId; readonly actionId: number }[];
  readonly unfinished: readonly { readonly id: OrderId; readonly detail: string }[];
}

type Desk = Pick<OperatorsDesk, 'ordersOf' | 'erase'>;

export async function eraseOrders(
  desk: Desk,
  ids: readonly OrderId[],
  by: Signature,
): Promise<Erasure> {
  const erased: Erasure['erased'][number][] = [];
  const unfinished: Erasure['unfinished'][number][] = [];
  for (const id of ids) {
    const answer = await desk.erase(id, by);
    if (answer.state === 'erased') erased.push({ id, actionId: answer.actionId });
    if (answer.state === 'unfinished') unfinished.push({ id, detail: answer.detail });
  }
  return { erased, unfinished };
}

// A page is one quick read by an index.
const PAGE = 1_000;

/** Every order that knows this e-mail address, in any case, of whichever tenant. */
export async function ordersOfCustomer(desk: Desk, email: string): Promise<CustomersOrder[]> {
  const orders: CustomersOrder[] = [];
  for (;;) {
    const page = await desk.ordersOf(email, orders.at(-1)?.id ?? '', PAGE);
    orders.push(...page);
    if (page.length < PAGE) return orders;
  }
}
