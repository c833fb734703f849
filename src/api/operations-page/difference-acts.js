/** What an operator may say about a difference, and about all captures. */
import { ask } from './api.js';

/** @import { Act, Difference } from './types.d.ts' */

/**
 * @param {Difference} difference
 * @returns {Act}
 */
export function explainAct({ id, detail, links }) {
  return {
    title: 'Account for this difference',
    says: [
      `${id}: ${detail}`,
      'It calls nobody any more. No money is moved by it. If what differs changes, that is another difference.',
    ],
    fields: [],
    confirm: () => 'Write it down',
    isGrave: false,
    async send(values) {
      await ask(links.explain, { body: values });
      return { said: 'Written down: the difference is explained.' };
    },
  };
}

/** @returns {Act} */
export function haltAct() {
  return {
    title: 'Halt all captures',
    says: [
      'No order of any shop gets past its capture: no money is taken. Orders wait, can still be cancelled, and go on by themselves once captures are resumed.',
    ],
    fields: [],
    confirm: () => 'Halt all captures',
    isGrave: true,
    async send(values) {
      await ask('/v1/operations/captures/halt', { body: values });
      return { said: 'Written down: captures are halted.' };
    },
  };
}

/**
 * @param {string} why they are halted
 * @returns {Act}
 */
export function resumeAct(why) {
  return {
    title: 'Let captures go on',
    says: [
      `They are halted because: ${why}`,
      'Every order that waits is captured: money is taken again, of all shops.',
    ],
    fields: [],
    confirm: () => 'Resume captures',
    isGrave: true,
    async send(values) {
      await ask('/v1/operations/captures/resume', { body: values });
      return { said: 'Written down: captures go on.' };
    },
  };
}
