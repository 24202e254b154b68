import { Injectable } from '@nestjs/common';
import { NIL as firstUuid, v7 as uuid } from 'uuid';
import { Permission } from '../../../platform/access/index.js';
import { notFound } from '../../../platform/errors/index.js';
import { type ExportFile, type ExportSubject, PersonalData } from '../../../platform/personal-data/index.js';
import { Paging, type PageRequest } from '../../../platform/paging/paging.js';
import type { Scope } from '../../../platform/scope/index.js';
import { type Corrections, MemberPrivacy } from '../member/index.js';
import { PrivacyExports } from './export.service.js';
import { inCategoryOrder } from './published-order.rules.js';
import {
  isPersonal,
  mayHaveExport,
  refuseLifting,
  type RequestKind,
  requestStatus,
} from './request.rules.js';
import { type ListedRequest, type RequestFilter, RequestStore } from './request.store.js';

/** A request with what its reader may have of an export. */
export interface ShownRequest extends ListedRequest {
  url?: string;
  /** What the bundle is encrypted with. */
  key?: Buffer;
}

export interface RequestPage {
  requests: ShownRequest[];
  nextPageToken: string;
}

interface ListInput extends PageRequest {
  kind: RequestKind | null;
  status: number | null;
}

const pageForm = { defaultSize: 25, path: '' };
const ownKinds: readonly RequestKind[] = ['export', 'rectify'];

/** Correction, restriction, confirmation, and the record of all requests. */
@Injectable()
export class PrivacyRights {
  constructor(
    private readonly requests: RequestStore,
    private readonly members: MemberPrivacy,
    private readonly exports: PrivacyExports,
    private readonly personalData: PersonalData,
    private readonly paging: Paging,
  ) {}

  async rectify(scope: Scope, userId: string, corrections: Corrections): Promise<string[]> {
    if (userId !== scope.userId) scope.require(Permission.PRIVACY_WRITE);
    const fields = await this.members.rectify(scope, userId, corrections);
    const id = await this.record(scope, 'rectify', userId, fields);
    await scope.audit('DATA_RECTIFIED', {
      entityType: 'user',
      entityId: userId,
      metadata: { request_id: id, fields: String(fields.length) },
    });
    return fields;
  }

  async restrict(scope: Scope, userId: string, restricted: boolean): Promise<Date | null> {
    const member = await this.members.findForUpdate(scope, userId);
    if (!member) throw notFound('member');
    const refusal = refuseLifting(restricted, await this.requests.isPending(scope, userId));
    if (refusal) throw refusal;
    const since = await this.members.restrict(scope, userId, restricted);
    const id = await this.record(scope, 'restrict', userId, [restricted ? 'restricted' : 'lifted']);
    await scope.audit('PROCESSING_RESTRICTED', {
      entityType: 'user',
      entityId: userId,
      metadata: { request_id: id, restricted: String(restricted) },
    });
    return since;
  }

  /** What kinds of data the organization holds about a member. */
  async categoriesOf(scope: Scope, userId: string): Promise<string[]> {
    const subject = { userId, personal: isPersonal(userId, scope) };
    const held: string[] = [];
    for (const file of inCategoryOrder(this.personalData.files)) {
      const { category, personalOnly = false } = file;
      if (!category || (personalOnly && !subject.personal)) continue;
      if (await holdsAny(scope, file, subject)) held.push(category);
    }
    return held;
  }

  list(scope: Scope, { kind, status, ...page }: ListInput): Promise<RequestPage> {
    return this.page(scope, 'privacy_requests', { kinds: kind && [kind], status, userId: null }, page);
  }

  listOwn(scope: Scope, { kind, status, ...page }: ListInput): Promise<RequestPage> {
    const kinds = kind === null ? ownKinds : ownKinds.filter((own) => own === kind);
    return this.page(scope, 'own_privacy_requests', { kinds, status, userId: scope.userId }, page);
  }

  private async page(
    scope: Scope,
    list: string,
    filter: RequestFilter,
    request: PageRequest,
  ): Promise<RequestPage> {
    const binding = [list, scope.orgId, JSON.stringify(filter)];
    const page = this.paging.parse(request, binding, pageForm);
    const rows = await this.requests.list(scope, filter, page);
    const { items, pagination } = this.paging.pageOf(rows, page, 0, binding);
    const requests = await Promise.all(items.map((item) => this.shown(scope, item)));
    return { requests, nextPageToken: pagination.nextPageToken };
  }

  private async shown(scope: Scope, request: ListedRequest): Promise<ShownRequest> {
    const { userId, ssoOrgId, permissions } = scope;
    const isAdministrator = permissions.has(Permission.PRIVACY_WRITE);
    const mayHave = mayHaveExport(request, { userId, ssoOrgId, isAdministrator });
    const url = mayHave && scope.hasRecentProof ? await this.exports.linkTo(scope, request) : undefined;
    return { ...request, url, key: url ? this.exports.keyOf(scope.orgId, request) : undefined };
  }

  private async record(scope: Scope, kind: RequestKind, userId: string, fields: string[]): Promise<string> {
    const id = uuid();
    const { completed: status } = requestStatus;
    await this.requests.insert(scope, { id, kind, userId, status, fields, completedAt: scope.now() });
    return id;
  }
}

async function holdsAny(scope: Scope, file: ExportFile, subject: ExportSubject): Promise<boolean> {
  if (file.exists) return file.exists(scope, subject);
  return (await file.page(scope, subject, { after: firstUuid, most: 1 })).length > 0;
}
