/** What the requests need to know of the server. */
export interface World {
  /** Value of `authorization` of an API key that may do everything. */
  readonly apiKey: string;
  /** The same of an access token that is ours, and over. */
  readonly expired: string;
  readonly templateId: string;
  readonly userId: string;
  /** Path of the ACS of a SAML connection. */
  readonly acs: string;
  /** Value of `authorization` of a SCIM client. */
  readonly scim: string;
}

export const createTemplate = '/pidgr.v1.TemplateService/CreateTemplate';
export const createCampaign = '/pidgr.v1.CampaignService/CreateCampaign';
export const requestSignInCode = '/dovecote.auth.v1.AuthService/RequestSignInCode';
