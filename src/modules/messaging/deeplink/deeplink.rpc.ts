import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Controller } from '@nestjs/common';
import {
  type SignDeeplinkTokenRequest,
  type SignDeeplinkTokenResponseSchema,
  TokenService,
  type ValidateDeeplinkTokenRequest,
  type ValidateDeeplinkTokenResponseSchema,
  ValidationFailureReason,
} from '@dovecote/contract/pidgr/v1/token_pb';
import { Rpc } from '../../../platform/rpc/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { DeeplinkTokens, type TokenDefect } from './deeplink.service.js';

const reasons: Record<TokenDefect, ValidationFailureReason> = {
  malformed: ValidationFailureReason.MALFORMED,
  invalid_signature: ValidationFailureReason.INVALID_SIGNATURE,
  expired: ValidationFailureReason.EXPIRED,
  key_retired: ValidationFailureReason.KEY_RETIRED,
};

@Controller()
export class DeeplinkRpc {
  constructor(private readonly tokens: DeeplinkTokens) {}

  @Rpc(TokenService.method.signDeeplinkToken)
  async signDeeplinkToken(
    { campaignId, recipientUserId, stepKind, ttlSeconds }: SignDeeplinkTokenRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof SignDeeplinkTokenResponseSchema>> {
    const { token, expiresAt, version } = await this.tokens.sign(scope, {
      campaignId: campaignId.toLowerCase(),
      recipientId: recipientUserId.toLowerCase(),
      stepKind,
      ttlSeconds: Number(ttlSeconds),
    });
    return { token, expiresAt: timestampFromDate(expiresAt), keyVersion: version };
  }

  @Rpc(TokenService.method.validateDeeplinkToken)
  async validateDeeplinkToken(
    { token, campaignId }: ValidateDeeplinkTokenRequest,
    scope: Scope,
  ): Promise<MessageInitShape<typeof ValidateDeeplinkTokenResponseSchema>> {
    const checked = await this.tokens.check(scope, { token, campaignId: campaignId.toLowerCase() });
    if ('defect' in checked) return { valid: false, failureReason: reasons[checked.defect] };
    const { payload } = checked;
    return {
      valid: true,
      payload: {
        campaignId: payload.campaignId,
        recipientUserId: payload.recipientId,
        stepKind: payload.stepKind,
        expiresAt: timestampFromDate(new Date(payload.expiresAt * 1000)),
      },
    };
  }
}
