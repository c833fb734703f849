/** Orders that are captured at shipment: shipped in parts, called back, not paid for. */
import type { Path } from './scene.ts';

export const LATER_PATHS: Readonly<Record<string, Path>> = {
  'shipped-in-parts': {
    isLater: true,
    before: (scene) => scene.shipEach(),
    ends: 'completed',
  },
  'shipped-in-parts-at-regular-speed': {
    isLater: true,
    slowly: ['requestPart', 'capturePart'],
    before: (scene) => scene.shipEach({ isSlow: true }),
    ends: 'completed',
  },
  'shipment-called-back': {
    isLater: true,
    before(scene) {
      scene.shipEach();
      scene.cancelBefore('capturePart');
    },
    ends: 'cancelled',
  },
  'shipment-called-back-at-regular-speed': {
    isLater: true,
    slowly: ['undoPart'],
    before(scene) {
      scene.shipEach();
      scene.cancelBefore('capturePart');
    },
    ends: 'cancelled',
  },
  'shipment-not-paid-for': {
    isLater: true,
    before: (scene) => scene.shipEach({ lapses: true }),
    ends: 'completed',
  },
  'shipment-not-paid-for-at-regular-speed': {
    isLater: true,
    slowly: ['recallPart', 'releaseRest'],
    before: (scene) => scene.shipEach({ isSlow: true, lapses: true }),
    ends: 'completed',
  },
};
