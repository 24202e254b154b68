/** Where identity providers reach us. The connection's id never changes, so neither do these. */
export interface SamlEndpoints {
  metadataUrl: string;
  acsUrl: string;
  sloUrl: string;
}

export function samlEndpoints(publicUrl: string, connectionId: string): SamlEndpoints {
  const base = `${trimmed(publicUrl)}/sso/saml/${connectionId}`;
  return { metadataUrl: `${base}/metadata`, acsUrl: `${base}/acs`, sloUrl: `${base}/slo` };
}

export interface OidcEndpoints {
  redirectUri: string;
  postLogoutRedirectUri: string;
  backchannelLogoutUri: string;
}

export function oidcEndpoints(publicUrl: string, connectionId: string): OidcEndpoints {
  const base = `${trimmed(publicUrl)}/sso/oidc/${connectionId}`;
  return {
    redirectUri: `${base}/callback`,
    postLogoutRedirectUri: `${base}/signed-out`,
    backchannelLogoutUri: `${base}/backchannel-logout`,
  };
}

function trimmed(url: string): string {
  return url.replace(/\/+$/, '');
}
