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

export function oidcRedirectUri(publicUrl: string, connectionId: string): string {
  return `${trimmed(publicUrl)}/sso/oidc/${connectionId}/callback`;
}

function trimmed(url: string): string {
  return url.replace(/\/+$/, '');
}
