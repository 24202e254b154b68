import { ConnectionService } from '@dovecote/contract/dovecote/sso/v1/connection_pb';
import { DomainService } from '@dovecote/contract/dovecote/sso/v1/domain_pb';
import { EnforcementService } from '@dovecote/contract/dovecote/sso/v1/enforcement_pb';
import { ScimService } from '@dovecote/contract/dovecote/sso/v1/scim_pb';
import { SubjectService } from '@dovecote/contract/dovecote/sso/v1/subject_pb';
import { Permission as P } from '../../permission/permissions.js';
import {
  anyProof,
  named,
  permission,
  read,
  recentProof,
  rowsOf,
  unaudited,
  write,
  type ServiceRows,
} from '../access-rule.js';

export const dovecoteSso: readonly ServiceRows[] = [
  rowsOf(ConnectionService, {
    prepareConnection: read(permission(P.ORG_WRITE), anyProof),
    createConnection: write(permission(P.ORG_WRITE), recentProof('api_key'), 'SSO_PROVIDER_CREATED'),
    getConnection: read(permission(P.ORG_READ), anyProof),
    listConnections: read(permission(P.ORG_READ), anyProof),
    updateConnection: write(permission(P.ORG_WRITE), recentProof('api_key'), 'SSO_CONFIGURED'),
    deleteConnection: write(permission(P.ORG_WRITE), recentProof('api_key'), 'SSO_PROVIDER_DELETED'),
    refreshMetadata: write(permission(P.ORG_WRITE), recentProof('api_key'), 'SSO_CONFIGURED'),
    rotateSpKey: write(permission(P.ORG_WRITE), recentProof('api_key'), 'SSO_CONFIGURED'),
    // It is on record as a login.
    startTestLogin: unaudited(named(P.ORG_WRITE), anyProof),
    listLogins: read(permission(P.ORG_READ), anyProof),
    getLogin: read(permission(P.ORG_READ), anyProof),
  }),

  rowsOf(DomainService, {
    addDomain: write(permission(P.ORG_WRITE), recentProof('api_key'), 'SSO_CONFIGURED'),
    verifyDomain: write(permission(P.ORG_WRITE), recentProof('api_key'), 'SSO_CONFIGURED'),
    listDomains: read(permission(P.ORG_READ), anyProof),
    removeDomain: write(permission(P.ORG_WRITE), recentProof('api_key'), 'SSO_CONFIGURED'),
  }),

  rowsOf(EnforcementService, {
    getEnforcement: read(permission(P.ORG_READ), anyProof),
    setEnforcement: write(named(P.ORG_WRITE), recentProof(), 'SSO_CONFIGURED'),
    armBreakGlass: write(named(P.ORG_WRITE), recentProof(), 'SSO_CONFIGURED'),
    disarmBreakGlass: write(permission(P.ORG_WRITE), recentProof('api_key'), 'SSO_CONFIGURED'),
  }),

  rowsOf(ScimService, {
    getScimSettings: read(permission(P.ORG_READ), anyProof),
    setScimPaused: write(permission(P.ORG_WRITE), recentProof('api_key'), 'SSO_CONFIGURED'),
    setGroupMappings: write(permission(P.ORG_WRITE), recentProof('api_key'), 'SSO_CONFIGURED'),
    createScimToken: write(permission(P.ORG_WRITE), recentProof('api_key'), 'API_KEY_CREATED'),
    listScimTokens: read(permission(P.ORG_READ), anyProof),
    revokeScimToken: write(permission(P.ORG_WRITE), recentProof('api_key'), 'API_KEY_REVOKED'),
  }),

  rowsOf(SubjectService, {
    listSubjects: read(permission(P.ORG_READ), anyProof),
    bindSubject: write(permission(P.ORG_WRITE), recentProof('api_key'), 'SSO_CONFIGURED'),
    unbindSubject: write(permission(P.ORG_WRITE), recentProof('api_key'), 'SSO_CONFIGURED'),
  }),
];
