"""The web app: one page and a JSON API that put emoji over the faces of photos and of the camera's stream.

`server` puts it together; a request meets `guard`, then `photos` or `camera`, and in the `worker` all visitors share
one detector and one classifier. Nothing is written to disk.
"""
