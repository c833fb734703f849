/** Mistakes that somebody could make in the activities or the engine: each has to be found. */
import { createActivities } from '../../src/activities/index.ts';
import type { Deps, GatewayCall } from '../../src/activities/ports.ts';
import { Hands } from './hands.ts';

type Spoil = (deps: Deps) => Partial<Deps>;

const gateway = (spoil: (real: Deps['gateway']) => Partial<Deps['gateway']>): Spoil => {
  return (deps) => ({ gateway: over(deps.gateway, spoil(deps.gateway)) });
};
const book = (spoil: (real: Deps['book']) => Partial<Deps['book']>): Spoil => {
  return (deps) => ({ book: over(deps.book, spoil(deps.book)) });
};

const DONE = { state: 'done', result: {} } as const;

let attempts = 0;
const numbered = (call: GatewayCall): GatewayCall => ({
  ...call,
  key: `${call.key}${(attempts += 1)}`,
});

export const BUGS: Readonly<Record<string, Spoil>> = {
  'a key from the attempt, not from the business': gateway((real) => ({
    refundIntent: (refund, call) => real.refundIntent(refund, numbered(call)),
  })),
  'a refund is sent again without being looked up': gateway((real) => ({
    findRefund: () => Promise.resolve(undefined),
    refundIntent: (refund, call) => real.refundIntent(refund, numbered(call)),
  })),
  'a shipment under a reference of its own each time': (deps) => ({
    carrier: over(deps.carrier, {
      requestShipment: (shipment, call) =>
        deps.carrier.requestShipment(
          { ...shipment, reference: `${shipment.reference}-${(attempts += 1)}` },
          call,
        ),
    }),
  }),
  'a void that is only written down': gateway((real) => ({
    async cancelIntent(id, call) {
      const intent = await real.retrieveIntent(id, call);
      return { ...intent, status: 'canceled', capturableMinor: 0n };
    },
  })),
  'a swallowed error of an undo': book((real) => ({
    beginVoid: (id) => real.beginVoid(id).catch(() => DONE),
    releaseStock: (id) => real.releaseStock(id).catch(() => DONE),
  })),
  'a voucher that is given back in words alone': book((real) => ({
    giveVoucherBack: (id) => real.releaseStock(id),
  })),
  'nobody is asked before it is unwound': book(() => ({
    beginUnwind: () => Promise.resolve({ gate: 'unwinding', reason: 'temporarily-unavailable' }),
  })),
  'an order that ends with a payment still pending': gateway((real) => ({
    async refundIntent(refund, call) {
      const made = await real.refundIntent(refund, call);
      return { ...made, status: 'succeeded' };
    },
  })),
};

export function handsWith(spoil: Spoil): Hands {
  return new Hands((deps) => createActivities({ ...deps, ...spoil(deps) }));
}

/** The real port, save for what is spoilt. */
function over<Port extends object>(real: Port, spoilt: Partial<Port>): Port {
  return new Proxy(real, {
    get: (target, name) => Reflect.get(name in spoilt ? spoilt : target, name) as unknown,
  });
}
