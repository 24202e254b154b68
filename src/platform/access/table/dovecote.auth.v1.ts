import { AuthService } from '@dovecote/contract/dovecote/auth/v1/auth_pb';
import { MembershipService } from '@dovecote/contract/dovecote/auth/v1/membership_pb';
import { PasskeyService } from '@dovecote/contract/dovecote/auth/v1/passkey_pb';
import { PasswordSettingsService } from '@dovecote/contract/dovecote/auth/v1/password_pb';
import { SsoSignInService } from '@dovecote/contract/dovecote/auth/v1/sso_pb';
import { Permission as P } from '../../permission/permissions.js';
import {
  allowedIn,
  anyCredential,
  anyone,
  anyProof,
  named,
  permission,
  person,
  personal,
  read,
  recentProof,
  recentProofWhere,
  rowsOf,
  unaudited,
  write,
  type ServiceRows,
} from '../access-rule.js';

/** Conditions of the proofs that depend on the request. */
const otherSession = 'it is not the calling session';

export const dovecoteAuth: readonly ServiceRows[] = [
  rowsOf(AuthService, {
    requestSignInCode: unaudited(anyone, anyProof),
    verifySignInCode: unaudited(anyone, anyProof),
    verifySignInLink: unaudited(anyone, anyProof),
    refreshToken: unaudited(anyone, anyProof),
    reauthenticate: unaudited(person, anyProof),
    signOut: unaudited(person, anyProof),
    listSessions: read(person, anyProof),
    revokeSession: unaudited(person, recentProofWhere(otherSession)),
    revokeOtherSessions: unaudited(personal(person), recentProof()),
    // The contract has no event type for this.
    revokeMemberSessions: write(permission(P.MEMBERS_MANAGE), recentProof('api_key'), 'PROFILE_UPDATED'),
    // Answers for a person without an organization as well; an API key learns who it is, too.
    whoAmI: allowedIn(['suspended', 'being_deleted'], read(anyCredential, anyProof)),
  }),

  rowsOf(SsoSignInService, {
    startSsoSignIn: unaudited(anyone, anyProof),
    exchangeSsoCode: unaudited(anyone, anyProof),
    startSsoSignOut: unaudited(person, anyProof),
  }),

  rowsOf(MembershipService, {
    listInvitations: read(personal(person), anyProof),
    // The contract has no event type for this.
    acceptInvitation: write(personal(person), anyProof, 'USER_INVITED'),
    declineInvitation: write(personal(person), anyProof, 'INVITE_REVOKED', 'USER_DEACTIVATED'),
    leaveOrganization: write(personal(person), recentProof(), 'USER_DEACTIVATED'),
  }),

  rowsOf(PasswordSettingsService, {
    getPasswordSettings: read(permission(P.ORG_READ), anyProof),
    updatePasswordSettings: write(named(P.ORG_WRITE), recentProof(), 'ORG_UPDATED'),
  }),

  rowsOf(PasskeyService, {
    beginPasskeyRegistration: unaudited(personal(person), recentProof()),
    finishPasskeyRegistration: unaudited(personal(person), anyProof),
    beginPasskeySignIn: unaudited(anyone, anyProof),
    finishPasskeySignIn: unaudited(anyone, anyProof),
    beginPasskeyReauthentication: unaudited(person, anyProof),
    finishPasskeyReauthentication: unaudited(person, anyProof),
    listPasskeys: read(personal(person), anyProof),
    renamePasskey: unaudited(personal(person), anyProof),
    removePasskey: unaudited(personal(person), recentProof()),
  }),
];
