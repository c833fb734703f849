/** Goods on the shelf: taken all or none, put back, or sold and put back. */
import type { OrderFacts, OrderRef } from '../domain/order.ts';
import type { Deps } from './ports.ts';
import { settle } from './step.ts';

export function inventory({ book }: Deps) {
  return {
    async reserveStock({ id, tenantId, lines }: OrderFacts): Promise<void> {
      const [line, ...others] = lines;
      const lane = line && others.length === 0 ? `${tenantId}/${line.sku}` : undefined;
      settle(await book.reserveStock(id, lane));
    },
    async releaseStock({ id }: OrderRef): Promise<void> {
      settle(await book.releaseStock(id));
    },
    async restock({ id }: OrderRef): Promise<void> {
      settle(await book.restock(id));
    },
  };
}
