"""The pipeline: capture, detect, classify, overlay, sink. Never imports torch.

Its own level holds the values that travel and the engine that carries them; the rooms below hold the stages.

    types       frames, faces, emotions, and what stages hand over: Frame → Seen → Judged → Drawn
    i420        the layout of video, its planes and colours
    choices     what a user can choose, and the defaults
    line        runs a source, stages and a sink in a few threads, joined by channels
    channel     a bounded queue between two threads: full, it waits or drops
    meter       what each step of a run took
    cores       which of the machine's cores a thread keeps to

    media/      photos and video files, in and out: signatures container extent clock words sources decoders reread
                outputs sinks encoders audio animations playing animation_writer gif palette webp stickers photos
                stills (png) srgb profiles
    live/       cameras and streams: named cameras next_camera mjpeg devices v4l2 reader reconnect paced together; where
                they are shown: window (screen view keys mirror countdown) grid (cell) hud (status words notices plates
                panel) letterbox virtual loopback; what is kept of them: recording recent gif aside
    faces/      find, number and cover faces: looks (blazeface centerface views boxes detector_files) detect
                video_detector (known) scan scan_ahead scenes follow track gaps align
    inference/  open an ONNX file and run it: session refusals runner provider (trial) warming pinned
                onnx_inputs installed
    emotions/   what each face shows, steadily: classify (expressive) schedule resting smooth
    drawing/    the emoji on the frame: correct overlay degrees cover place levels sprites shadow obscure layout plate
                colours sticker (framing)
    records/    what was seen, as data and as text: record report read (values) recorded earlier subtitles characters

`emojicam.wiring` puts stages together; `docs/architecture.md` says where each thing is decided.
"""
