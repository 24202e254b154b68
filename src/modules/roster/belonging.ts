import { memberStatus } from '../member/index.js';

/** SQL: the member `m` is in the default rosters. The condition of the index member_belonging, letter for letter. */
export const belongs = `m.status in (${memberStatus.invited}, ${memberStatus.active})`;
