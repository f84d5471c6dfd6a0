"""Verifies and signs tokens with PyJWT: JSON Lines in, JSON Lines out. The first argument is the folder of its packages.

{"verify", "jwks", "audience", "issuer"} is verified with the key of the set that the token names, and with its algorithm alone;
the answer is {"claims"} or {"error"}. {"sign", "pem", "algorithm", "kid"} is signed; the answer is {"token"}.
{"make", "form"} makes a private key in one of the forms of PEM or as JWK; the answer is {"key"}.
"""

import json
import sys

sys.path.insert(0, sys.argv[1])

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwt.algorithms import get_default_algorithms

MAKERS = {
    "RS256": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
}
FORMS = {"PKCS#8": PrivateFormat.PKCS8, "traditional": PrivateFormat.TraditionalOpenSSL}


def verify(case):
    token, header = case["verify"], jwt.get_unverified_header(case["verify"])
    key = jwt.PyJWKSet.from_dict(case["jwks"])[header["kid"]]
    names = {name: case[name] for name in ("audience", "issuer") if case.get(name)}
    return {"claims": jwt.decode(token, key, algorithms=[key.algorithm_name], **names)}


def sign(case):
    return {"token": jwt.encode(case["sign"], case["pem"], algorithm=case["algorithm"], headers={"kid": case["kid"]})}


def make(case):
    key = MAKERS[case["make"]]()
    if case["form"] == "JWK":
        return {"key": get_default_algorithms()[case["make"]].to_jwk(key)}
    return {"key": key.private_bytes(Encoding.PEM, FORMS[case["form"]], NoEncryption()).decode()}


print(json.dumps({"version": jwt.__version__}), flush=True)
for line in sys.stdin:
    case = json.loads(line)
    try:
        answer = verify(case) if "verify" in case else sign(case) if "sign" in case else make(case)
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer))
