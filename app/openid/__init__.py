"""Signing in with the organisation's own accounts: OpenID Connect, the authorization code flow with PKCE.

    Provider.begin  -> the address at the provider, and what the browser's session keeps of it
    Provider.prove  -> who came back (Proven), by a token that the provider has signed

All that the provider says is hostile until it is proved: answers are bounded in bytes and time, its words
reach no page and no log, its tokens are neither kept nor written down. Must not know Flask, the database,
or who has an account here.
"""
