import { Injectable } from '@nestjs/common';
import type { Scope } from '../../../platform/scope/index.js';
import type { AcceptedBatch, Contract, DropReason } from './accepted-batch.js';
import { botOfHeaders, placeOfHeaders } from './cdn-headers.rules.js';
import { personAddress } from './client-address.js';
import { CookielessIdentity } from './cookieless-identity.js';
import type { EventDraft } from './event-draft.js';
import type { EventRecord } from './event-record.js';
import { type ClientFacts, enrich, type KnownAttributions } from './enrichment.rules.js';
import { GeoDatabase } from './geo-database.js';
import { refuseOccurTime } from './occur-time.rules.js';
import { recognizedAgent } from './user-agent.js';
import { agentProperties } from './user-agent.rules.js';

/** Makes events of drafts: drops those that are not kept, identifies the cookieless ones, and enriches them all. */
@Injectable()
export class EventIntake {
  constructor(
    private readonly identity: CookielessIdentity,
    private readonly geo: GeoDatabase,
  ) {}

  /**
   * The events of the scope's project, from `draftsOfShipped` or `draftsOfDocumented`. Changes the drafts.
   * @throws AppError COOKIELESS_IDENTITY_UNAVAILABLE, see `CookielessIdentity`.
   */
  async accept(scope: Scope, drafts: readonly EventDraft[], contract: Contract): Promise<AcceptedBatch> {
    const address = personAddress((name) => scope.proxyHeader(name), scope.address ?? '');
    const cookieless = drafts.filter((draft) => draft.cookieless);
    const left = await this.identity.identify(scope, cookieless, address);
    const agent = recognizedAgent(scope.userAgent);
    const facts = this.factsOf(scope, address, agentProperties(agent, contract), contract);
    const known: KnownAttributions = new Map();
    const now = scope.now();
    const { retentionDays } = scope.project;
    const records: EventRecord[] = [];
    const droppedByReason = new Map<DropReason, number>();
    for (const draft of drafts) {
      const reason = left.get(draft) ?? refuseOccurTime(draft.occurTime, now, retentionDays);
      if (reason !== undefined) {
        droppedByReason.set(reason, (droppedByReason.get(reason) ?? 0) + 1);
        continue;
      }
      enrich(draft.properties, facts, known);
      draft.bot = agent.isBot;
      records.push(draft);
    }
    return { records, dropped: drafts.length - records.length, droppedByReason };
  }

  /**
   * A CDN knows better than the client where it is. The location database is only asked without a CDN, and both it and the
   * user agent only where the event says nothing: a server that reports for others is elsewhere. In the documented
   * contract what the server knows always wins.
   */
  private factsOf(
    scope: Scope,
    address: string,
    agent: ClientFacts['assumed'],
    contract: Contract,
  ): ClientFacts {
    const header = (name: string): string | undefined => scope.proxyHeader(name);
    const told = placeOfHeaders(header);
    const found = told.size > 0 ? new Map<string, never>() : this.geo.placeOf(address);
    const certain = new Map([...told, ...botOfHeaders(header)]);
    const assumed = new Map([...found, ...agent]);
    return contract === 'shipped'
      ? { certain, assumed }
      : { certain: new Map([...assumed, ...certain]), assumed: new Map() };
  }
}
