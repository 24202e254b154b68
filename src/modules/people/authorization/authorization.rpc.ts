import type { MessageInitShape } from '@bufbuild/protobuf';
import { Controller } from '@nestjs/common';
import {
  AuthorizationService,
  type CheckOrgSuspendedRequest,
  type CheckOrgSuspendedResponseSchema,
  PrincipalType,
  type ResolveCallerIdentityRequest,
  type ResolveCallerIdentityResponseSchema,
  type ResolvePrincipalPermissionsRequest,
  type ResolvePrincipalPermissionsResponseSchema,
} from '@dovecote/contract/pidgr/v1/authorization_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { type PrincipalKind, Principals } from './authorization.service.js';

/** Validation admits no other. */
const kinds: Partial<Record<PrincipalType, PrincipalKind>> = {
  [PrincipalType.ORG]: 'organization',
  [PrincipalType.STAFF]: 'staff',
};

@Controller()
export class AuthorizationRpc {
  constructor(private readonly principals: Principals) {}

  @Rpc(AuthorizationService.method.resolvePrincipalPermissions)
  async resolvePrincipalPermissions(
    { subject, orgId, principalType }: ResolvePrincipalPermissionsRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ResolvePrincipalPermissionsResponseSchema>> {
    const kind = kinds[principalType] ?? 'user';
    return {
      permissions: await this.principals.permissionsOf(scope, { orgId: orgId.toLowerCase(), subject, kind }),
    };
  }

  @Rpc(AuthorizationService.method.resolveCallerIdentity)
  async resolveCallerIdentity(
    { identitySubject: subject, orgId }: ResolveCallerIdentityRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ResolveCallerIdentityResponseSchema>> {
    return this.principals.identify(scope, { orgId: orgId.toLowerCase(), subject });
  }

  @Rpc(AuthorizationService.method.checkOrgSuspended)
  async checkOrgSuspended(
    { orgId }: CheckOrgSuspendedRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof CheckOrgSuspendedResponseSchema>> {
    return { suspended: await this.principals.isSuspended(scope, orgId.toLowerCase()) };
  }
}
