import { readFileSync } from 'node:fs';
import Sequencer from '@jest/test-sequencer';

const { longest } = JSON.parse(
  readFileSync(new URL('../../../scripts/lib/spec-groups.json', import.meta.url), 'utf8'),
);

/** The longest first, also where Jest has not measured yet: at the end of a run they would keep one worker alone. */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => {
      const index = longest.findIndex((file) => path.endsWith(file));
      return index === -1 ? longest.length : index;
    };
    return super.sort(tests).sort((one, other) => rank(one) - rank(other));
  }
}
