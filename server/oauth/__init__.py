"""OAuth 2.1 without pages: the authorization server, and the protected resource that its tokens open."""
