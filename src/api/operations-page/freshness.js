/** How old what is shown is, said quietly while the API answers and loudly when it does not. */
import { byId, h } from './dom.js';
import { ageInWords, clock } from './words.js';

/** @import { NoAnswer } from './api.js' */

/**
 * @param {number} everyMs how soon it is asked again
 * @param {() => void} askNow
 */
export function createFreshness(everyMs, askNow) {
  const [fresh, alarm] = [byId('fresh'), byId('alarm')];
  let answeredAt = 0;
  let isDown = false;

  function show() {
    const old = ageInWords(Date.now() - answeredAt);
    const at = h('span', { class: 'at' }, `${clock(answeredAt)} · `);
    fresh.replaceChildren(...(answeredAt === 0 ? [] : [at, `${old} ago`]));
    fresh.classList.toggle('stale', isDown);
  }
  // By itself, and not when an answer comes: it tells that none does.
  setInterval(show, 1_000);

  return {
    answered() {
      answeredAt = Date.now();
      isDown = false;
      alarm.replaceChildren();
      show();
    },
    /** @param {NoAnswer} error */
    unanswered({ message, problem }) {
      show();
      // Said once: whoever listens to the page would hear it every few seconds otherwise.
      if (isDown) return;
      isDown = true;
      show();
      const since =
        answeredAt === 0 ? 'Nothing can be shown.' : `What is shown is from ${clock(answeredAt)}.`;
      alarm.replaceChildren(
        h(
          'div',
          { class: 'alarm' },
          h('strong', {}, 'The operations API does not answer.'),
          h(
            'span',
            {},
            ` ${problem?.title ?? message} ${since} It is asked again every ${everyMs / 1_000} s.`,
          ),
          h('button', { type: 'button', onclick: askNow }, 'Ask now'),
        ),
      );
    },
  };
}
