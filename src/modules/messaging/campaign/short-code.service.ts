import { Injectable } from '@nestjs/common';
import { randomBase62 } from '@dovecote/secret';
import { notFound } from '../../../platform/errors/index.js';
import { requireOrganization, type Scope } from '../../../platform/scope/index.js';
import { type LinkedCampaign, ShortCodeStore } from './short-code.store.js';

const LENGTH = 8;
/** One collision is unlikely among 62^8 codes; this many mean that something else is wrong. */
const MOST_ATTEMPTS = 5;

/** The codes by which short links name campaigns. */
@Injectable()
export class ShortCodes {
  constructor(private readonly store: ShortCodeStore) {}

  /** Made at the first call, the same ever after. */
  async resolveOrCreate(scope: Scope, campaignId: string): Promise<string> {
    requireOrganization(scope);
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
      const known = await this.store.codeOf(scope, campaignId);
      if (known === undefined) throw notFound('campaign');
      if (known !== null) return known;
      const code = randomBase62(LENGTH);
      if (await this.store.claim(scope, campaignId, code)) return code;
    }
    throw new Error(`Found no free short code for campaign ${campaignId} in ${MOST_ATTEMPTS} attempts.`);
  }

  /** The data that any holder of the link may see. */
  async lookUp(scope: Scope, code: string): Promise<LinkedCampaign> {
    const link = await this.store.findByCode(code);
    if (!link) throw notFound('campaign');
    scope.adopt(link.orgId);
    const campaign = await this.store.describe(scope, link.campaignId);
    if (!campaign) throw notFound('campaign');
    return campaign;
  }
}
