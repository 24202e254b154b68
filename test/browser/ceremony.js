/* global PublicKeyCredential, navigator */

/** Runs in the page: begins, has the browser's authenticator answer, finishes, and returns what the server says. */
export async function ceremony({ method, request, token }) {
  const call = async (name, message) => {
    const headers = {
      'content-type': 'application/json',
      ...(token && { authorization: `Bearer ${token}` }),
    };
    const url = `/dovecote.auth.v1.PasskeyService/${name}`;
    return (await fetch(url, { method: 'POST', headers, body: JSON.stringify(message) })).json();
  };
  const options = JSON.parse((await call(method, request)).optionsJson);
  const credential =
    method === 'BeginPasskeyRegistration'
      ? await navigator.credentials.create({
          publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options),
        })
      : await navigator.credentials.get({
          publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options),
        });
  return call(method.replace('Begin', 'Finish'), { credentialJson: JSON.stringify(credential.toJSON()) });
}
