"""A SAML identity provider made of pysaml2, with a person, a password and a group.

Arguments: a folder with first.key, first.crt, second.key and second.crt, and the port. Prints "ready" when it listens.
POST /control/... is how the spec turns its knobs.
"""

import base64
import functools
import html
import http.cookies
import http.server
import secrets
import sys
import urllib.parse

import saml2.entity
import saml2.sigver
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT
from saml2.config import IdPConfig
from saml2.metadata import entity_descriptor
from saml2.saml import NAMEID_FORMAT_PERSISTENT
from saml2.server import Server

FOLDER, PORT = sys.argv[1], int(sys.argv[2])
BASE = f"http://127.0.0.1:{PORT}"
PERSON = "anna"
PASSWORD = "correct horse"
IDENTITY = {"mail": "anna@acme.example", "givenName": "Anna", "sn": "Berg", "groups": ["leads", "staff"]}
AUTHN = {"class_ref": "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport", "authn_auth": BASE}

AES256_GCM = "http://www.w3.org/2009/xmlenc11#aes256-gcm"
library_part = saml2.entity.pre_encryption_part
library_encrypt = saml2.sigver.CryptoBackendXmlSec1.encrypt_assertion


class Knobs:
    sp_metadata = None
    key = "first"
    encrypt = False
    bindings = (BINDING_HTTP_REDIRECT, BINDING_HTTP_POST)


knobs = Knobs()
sessions: dict[str, str] = {}


def encrypt_by_aes(self, statement, enc_key, template, key_type, *more, **named):
    return library_encrypt(self, statement, enc_key, template, "aes-256", *more, **named)


def encrypt_with(how: str) -> None:
    """pysaml2 has 3DES written into it; xmlsec1 underneath can do better."""
    knobs.encrypt = how != "nothing"
    gcm = how == "gcm"
    saml2.entity.pre_encryption_part = functools.partial(library_part, msg_enc=AES256_GCM) if gcm else library_part
    saml2.sigver.CryptoBackendXmlSec1.encrypt_assertion = encrypt_by_aes if gcm else library_encrypt


def new_server(former=None):
    endpoints = lambda path: [(f"{BASE}/{path}", binding) for binding in knobs.bindings]
    other = "second" if knobs.key == "first" else "first"
    config = {
        "entityid": f"{BASE}/metadata",
        "key_file": f"{FOLDER}/{knobs.key}.key",
        "cert_file": f"{FOLDER}/{knobs.key}.crt",
        "additional_cert_files": [f"{FOLDER}/{other}.crt"] if knobs.key == "second" else [],
        "service": {
            "idp": {
                "endpoints": {"single_sign_on_service": endpoints("sso"), "single_logout_service": endpoints("slo")},
                "name_id_format": [NAMEID_FORMAT_PERSISTENT],
                # By itself it signs with SHA-1, which we refuse.
                "signing_algorithm": saml2.xmldsig.SIG_RSA_SHA256,
                "digest_algorithm": saml2.xmldsig.DIGEST_SHA256,
                "sign_assertion": True,
                "sign_response": True,
                "want_authn_requests_signed": True,
                "want_authn_requests_only_with_valid_cert": False,
                "policy": {"default": {"lifetime": {"minutes": 5}, "attribute_restrictions": None}},
            }
        },
        "metadata": {"inline": [knobs.sp_metadata]} if knobs.sp_metadata else {},
    }
    server = Server(config=IdPConfig().load(config))
    if former:
        server.ident, server.session_db = former.ident, former.session_db
    return server


idp = new_server()


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def do_GET(self):
        address = urllib.parse.urlsplit(self.path)
        self.route(address.path, dict(urllib.parse.parse_qsl(address.query)), BINDING_HTTP_REDIRECT)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        if self.path.startswith("/control/"):
            return self.control(self.path.removeprefix("/control/"), body)
        self.route(self.path, dict(urllib.parse.parse_qsl(body)), BINDING_HTTP_POST)

    def route(self, path, fields, binding):
        routes = {"/metadata": self.metadata, "/sso": self.sso, "/login": self.login, "/slo": self.slo, "/bye": self.bye}
        routes[path](fields, binding)

    def control(self, knob, value):
        global idp
        if knob == "sp":
            knobs.sp_metadata = value
        elif knob == "key":
            knobs.key = value
        elif knob == "encrypt":
            encrypt_with(value)
        elif knob == "bindings":
            knobs.bindings = (BINDING_HTTP_POST,) if value == "post" else Knobs.bindings
        idp = new_server(idp)
        self.say(200, "")

    def metadata(self, fields, binding):
        self.say(200, str(entity_descriptor(idp.config)), "application/samlmetadata+xml")

    def sso(self, fields, binding):
        """Asks for the password unless the browser has a session here."""
        self.parsed(fields, binding)
        if self.cookie() in sessions:
            return self.assert_person(fields, binding)
        hidden = {**fields, "binding": binding}
        self.form("login", hidden, '<input name="username"><input name="password" type="password">')

    def login(self, fields, _):
        password = fields.pop("password", "")
        if (fields.pop("username", ""), password) != (PERSON, PASSWORD):
            return self.form("login", fields, '<p>Wrong.</p><input name="username"><input name="password" type="password">')
        token = secrets.token_hex()
        sessions[token] = PERSON
        self.assert_person(fields, fields.pop("binding"), f"idp={token}; HttpOnly")

    def parsed(self, fields, binding):
        """The signature is checked: pysaml2 throws when it does not hold."""
        return idp.parse_authn_request(
            fields["SAMLRequest"], binding, fields.get("RelayState"), fields.get("SigAlg"), fields.get("Signature")
        )

    def assert_person(self, fields, binding, cookie=None):
        request = self.parsed(fields, binding)
        to = idp.response_args(request.message, [BINDING_HTTP_POST])
        response = idp.create_authn_response(
            IDENTITY,
            in_response_to=to["in_response_to"],
            destination=to["destination"],
            sp_entity_id=to["sp_entity_id"],
            name_id_policy=to["name_id_policy"],
            userid=PERSON,
            authn=AUTHN,
            encrypt_assertion=knobs.encrypt,
        )
        self.form(to["destination"], {"SAMLResponse": encoded(response), "RelayState": fields["RelayState"]}, cookie=cookie)

    def slo(self, fields, binding):
        if "SAMLResponse" in fields:
            answer = idp.parse_logout_request_response(fields["SAMLResponse"], binding)
            return self.say(200, "<p>Signed out everywhere.</p>" if answer.status_ok() else "<p>Not everywhere.</p>")
        request = idp.parse_logout_request(
            fields["SAMLRequest"], binding, fields.get("RelayState"), fields.get("SigAlg"), fields.get("Signature")
        )
        name = request.message.name_id
        # By the text and the qualifiers; find_local_id looks at the text only.
        if not idp.session_db.get_authn_statements(name):
            return self.say(404, f"<p>Nobody is called {html.escape(str(name))}.</p>")
        sessions.pop(self.cookie(), None)
        destination = idp.response_args(request.message, [BINDING_HTTP_POST], "spsso")["destination"]
        answer = idp.create_logout_response(request.message, [BINDING_HTTP_POST], sign=True)
        self.form(destination, {"SAMLResponse": encoded(answer)})

    def bye(self, fields, binding):
        """The person signs out here: the application hears of it by redirect."""
        sessions.pop(self.cookie(), None)
        application = idp.metadata.service_providers()[0]
        location = next(iter(idp.metadata.single_logout_service(application, BINDING_HTTP_REDIRECT, "spsso")))["location"]
        name = idp.ident.find_nameid(PERSON)[0]
        indexes = [one.session_index for group in idp.session_db.get_authn_statements(name) for one in group]
        request = idp.create_logout_request(location, application, name_id=name, session_indexes=indexes, sign=False)[1]
        sent = idp.apply_binding(BINDING_HTTP_REDIRECT, str(request), location, "theirs", sign=True)
        self.send_response(303)
        for name, value in sent["headers"]:
            self.send_header(name, value)
        self.end_headers()

    def cookie(self):
        morsel = http.cookies.SimpleCookie(self.headers.get("cookie", "")).get("idp")
        return morsel.value if morsel else ""

    def form(self, action, hidden, inputs="", cookie=None):
        rows = [f'<input type="hidden" name="{html.escape(k)}" value="{html.escape(v)}">' for k, v in hidden.items()]
        self.say(200, f'<form method="post" action="{html.escape(action)}">{"".join(rows)}{inputs}</form>', cookie=cookie)

    def say(self, status, text, kind="text/html", cookie=None):
        self.send_response(status)
        self.send_header("content-type", kind)
        if cookie:
            self.send_header("set-cookie", cookie)
        self.end_headers()
        self.wfile.write(text.encode())


def encoded(message) -> str:
    return base64.b64encode(str(message).encode()).decode()


server = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler)
print("ready", flush=True)
server.serve_forever()
