import { Injectable } from '@nestjs/common';
import { generateToken } from '@dovecote/secret';
import { failedPrecondition, notFound } from '../../../platform/errors/index.js';
import { originOf, type Scope, Scopes } from '../../../platform/scope/index.js';
import { domainName, domainOf } from './domain-name.js';
import { DomainProof } from './domain-proof.js';
import { refuseOverLimit, refuseName, refuseRemoval } from './domain.rules.js';
import { type Domain, DomainStore } from './domain.store.js';
import { EnforcementStore } from './enforcement.store.js';

@Injectable()
export class Domains {
  constructor(
    private readonly store: DomainStore,
    private readonly proof: DomainProof,
    private readonly enforcement: EnforcementStore,
    private readonly scopes: Scopes,
  ) {}

  list(scope: Scope): Promise<Domain[]> {
    return this.store.list(scope);
  }

  /** Adding a domain again changes nothing: its record may be published already. */
  async add(scope: Scope, given: string): Promise<Domain> {
    const name = named(given);
    const domains = await this.store.listForUpdate(scope);
    const known = domains.find((domain) => domain.name === name);
    if (known) return known;
    const refusal = refuseOverLimit(domains.length);
    if (refusal) throw refusal;
    const domain: Domain = {
      name,
      challenge: generateToken(24),
      verifiedAt: null,
      createdAt: scope.now(),
    };
    await this.store.insert(scope, domain);
    await scope.audit('SSO_CONFIGURED', { ...entry(name), metadata: { change: 'domain_added' } });
    return domain;
  }

  /** DNS is asked between two transactions: it may take seconds to answer. */
  async verify(scope: Scope, given: string): Promise<Domain> {
    const name = named(given);
    const domain = await this.scopes.run(originOf(scope), (inner) => this.store.find(inner, name));
    if (!domain) throw notFound('domain');
    if (domain.verifiedAt) return domain;
    const defect = await this.proof.defectOf(name, domain.challenge);
    if (defect) throw failedPrecondition('DOMAIN_NOT_PROVEN', defect);
    const verified = await this.store.verify(scope, name);
    if (!verified) throw notFound('domain');
    await scope.audit('SSO_CONFIGURED', { ...entry(name), metadata: { change: 'domain_verified' } });
    return verified;
  }

  async remove(scope: Scope, given: string): Promise<void> {
    const name = named(given);
    const domains = await this.store.listForUpdate(scope);
    if (!domains.some((domain) => domain.name === name)) throw notFound('domain');
    const { enforcedAt } = await this.enforcement.getForUpdate(scope);
    const refusal = refuseRemoval(name, domains, enforcedAt !== null);
    if (refusal) throw refusal;
    await this.store.delete(scope, name);
    await scope.audit('SSO_CONFIGURED', { ...entry(name), metadata: { change: 'domain_removed' } });
  }

  /** The organization that has proven the address's domain. */
  async ownerOf(email: string): Promise<string | undefined> {
    const name = domainOf(email);
    return name && this.store.ownerOf(name);
  }

  /** The organization that has proven the domain; undefined also for what is no domain. */
  async ownerOfDomain(name: string): Promise<string | undefined> {
    return this.ownerOf(`anybody@${name}`);
  }

  /** Whether the address is in a domain that the scope's organization has proven. */
  async covers(scope: Scope, email: string): Promise<boolean> {
    const name = domainOf(email);
    return name !== undefined && Boolean((await this.store.find(scope, name))?.verifiedAt);
  }

  async anyProven(scope: Scope): Promise<boolean> {
    return (await this.store.list(scope)).some(({ verifiedAt }) => verifiedAt);
  }
}

function named(given: string): string {
  const name = domainName(given);
  if (!name) throw refuseName();
  return name;
}

function entry(name: string) {
  return { entityType: 'sso_domain', entityId: name };
}
