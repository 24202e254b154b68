import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { validateResponse } from '@dovecote/saml';
import { ASSERTION, insertedAfter, ISSUER } from './attacks/attack.js';
import { claims, EXCLUSIVE, MORE, responseOf, XMLDSIG, XMLENC } from './idp.js';
import { createWorld, now, rememberingUse } from './world.js';
import type { World } from './world.js';

const missing = spawnSync('xmlsec1', ['--version']).error && 'no xmlsec1';
if (missing) console.log(`skipped: ${missing}`);

/** What libraries canonicalize differently; each stands in the value of an attribute. */
const ODD: readonly string[] = [
  '<saml:AttributeValue b="&lt;&gt;&amp;&quot;&apos;&#9;&#10;&#13;\r\n">\r\n\t&amp;&lt;&gt;"&#13;é\u0085\u2028😀</saml:AttributeValue>',
  '<saml:AttributeValue xmlns:b="urn:1" xmlns:B="urn:2" xmlns:a1="urn:3" xmlns:a_="urn:4" b:x="" B:x="" a1:x="" a_:x=""/>',
  '<saml:AttributeValue xmlns:q="urn:ab" xmlns:p="urn:a" q:c="1" p:bd="2" z="3" p:bb="4" Z="5" xml:lang="de"/>',
  '<saml:AttributeValue \u{10400}="1" \uFF21="2" xmlns-a="3" xmlnsb="4"/>',
  '<saml:AttributeValue><a xmlns="urn:d"><b xmlns=""><c/><d xmlns="urn:d"/></b><saml:e><f/></saml:e></a></saml:AttributeValue>',
  '<saml:AttributeValue xmlns="urn:d"><a xmlns:o="urn:in"><b xmlns=""/><o:c xmlns:o="urn:o"/></a></saml:AttributeValue>',
  '<saml:AttributeValue><p:a xmlns:p="urn:1"><p:b xmlns:p="urn:2"><p:c xmlns:p="urn:1"/></p:b><p:d/></p:a></saml:AttributeValue>',
  '<saml:AttributeValue xmlns:u="urn:unused"><a xmlns:q="urn:q"><b q:a="1"/><q:b/></a></saml:AttributeValue>',
];

let world: World;
let folder: string;

beforeAll(async () => {
  [world, folder] = await Promise.all([createWorld(), mkdtemp(join(tmpdir(), 'dovecote-xmlsec-'))]);
  await writeFile(join(folder, 'key.pem'), world.idp.privateKeyPem);
});

afterAll(() => rm(folder, { recursive: true }));

(missing ? describe.skip : describe)('what xmlsec1 signs', () => {
  test.each(['', 'xs', 'o xs xsi', '#default', '#default o saml ds gone xml'])(
    'is what we verify, with the inclusive prefixes %j',
    async (prefixes) => {
      const attributes = ODD.map((value) => `<saml:Attribute Name="odd">${value}</saml:Attribute>`).join(
        '<!-- -->\n',
      );
      const plain = responseOf(claims(world.connection, { attributes }));
      const response = plain.replace(
        '<samlp:Response ',
        '<samlp:Response xmlns="urn:outer" xmlns:o="urn:o" ',
      );
      const login = await validateResponse(world.connection, {
        samlResponse: Buffer.from(await signedByXmlsec(response, prefixes)).toString('base64'),
        now,
        oneTimeUse: rememberingUse(),
      });
      expect(login.attributes['odd']).toContain('\n\t&<>"\ré\u0085\u2028😀');
    },
  );
});

async function signedByXmlsec(response: string, prefixes: string): Promise<string> {
  const [template, result] = [join(folder, 'template.xml'), join(folder, 'signed.xml')];
  const assertion = insertedAfter(ASSERTION.exec(response)![0], ISSUER, unsignedSignature(prefixes));
  await writeFile(
    template,
    response.replace(ASSERTION, () => assertion),
  );
  const idAttribute = ['--id-attr:ID', 'urn:oasis:names:tc:SAML:2.0:assertion:Assertion'];
  const key = ['--privkey-pem', join(folder, 'key.pem')];
  execFileSync('xmlsec1', ['--sign', ...key, ...idAttribute, '--output', result, template], {
    stdio: 'pipe',
  });
  return readFile(result, 'utf8');
}

function unsignedSignature(prefixes: string): string {
  const inclusive =
    prefixes === '' ? '' : `<ec:InclusiveNamespaces xmlns:ec="${EXCLUSIVE}" PrefixList="${prefixes}"/>`;
  return (
    `<ds:Signature xmlns:ds="${XMLDSIG}"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="${EXCLUSIVE}"/>` +
    `<ds:SignatureMethod Algorithm="${MORE}rsa-sha256"/><ds:Reference URI="#_assertion"><ds:Transforms>` +
    `<ds:Transform Algorithm="${XMLDSIG}enveloped-signature"/>` +
    `<ds:Transform Algorithm="${EXCLUSIVE}">${inclusive}</ds:Transform></ds:Transforms>` +
    `<ds:DigestMethod Algorithm="${XMLENC}sha256"/><ds:DigestValue/></ds:Reference></ds:SignedInfo><ds:SignatureValue/></ds:Signature>`
  );
}
