"""The kept list: apps that people listen with count, programs do not, and no line of it is idle."""

import re

import pytest

from app.counting.agents import MOST_LETTERS, is_software, patterns

#: As podcast apps, players and browsers really name themselves.
LISTENERS = (
    "AppleCoreMedia/1.0.0.21F90 (iPhone; U; CPU OS 17_5_1 like Mac OS X; en_gb)",
    "AppleCoreMedia/1.0.0.16G78 (HomePod; U; CPU OS 12_4 like Mac OS X; en_us)",
    "Podcasts/1709.2.2 CFNetwork/1390 Darwin/22.0.0",
    "Podcasts/4025.510.2 CFNetwork/1568.300.101 Darwin/24.2.0 (x86_64)",
    "Balados/1660.5 CFNetwork/1335.0.3 Darwin/21.6.0",
    "%E6%92%AD%E5%AE%A2/1660.5 CFNetwork/1335.0.3 Darwin/21.6.0",
    "播客/1709.2.2 CFNetwork/1390 Darwin/22.0.0",
    "iTunes/12.13.2 (Windows; Microsoft Windows 10 x64; x64) AppleWebKit/7613.2007",
    "Overcast/3.0 (+http://overcast.fm/; iOS podcast app)",
    "Overcast (+http://overcast.fm/; Apple Watch podcast app)",
    "Pocket Casts/1.0",
    "PocketCasts/7.64 (Linux;Android 14) ExoPlayerLib/2.19.1",
    "Shifty Jelly Pocket Casts, Android v7.70",
    "AntennaPod/3.4.0",
    "de.danoeh.antennapod/1.7.3b (Linux;Android 8.0.0) ExoPlayerLib/2.9.3",
    "Castro 2024.2/1546",
    "Castamatic/5.1.4 (com.gunpmedia.Castamatic; build:3136; iOS 13.1.3) Alamofire/4.9.0",
    "Downcast/2.11.6 (iPhone; iOS 17.5; Scale/3.00)",
    "PodcastAddict/v5 (+https://podcastaddict.com/; Android podcast app)",
    "Podcast/1.7.3 (Linux;Android 13) ExoPlayerLib/2.10.4",
    "PodcastRepublic/18.0",
    "CastBox/8.17.3-191217156 (Linux;Android 9) ExoPlayerLib/2.10.4",
    "Podbean/iOS (http://podbean.com) 5.6.2",
    "HarvestChurch/18 CFNetwork/889.9 Darwin/17.2.0",
    "Podverse/4.16.2 Android Mobile App/",
    "Player FM",
    "Fountain/1.1.8 (iPhone; iOS 17.1.2; Scale/3.00)",
    "Spotify/8.9.96.476 Android/34 (SM-S911B)",
    "Spotify/8.6.84 iOS/15.1 (iPhone12,1)",
    "Deezer/6.1.22.49 (Android; 9; Mobile; us) samsung SM-G950F",
    "AmazonMusic/16.17.0 Dalvik/2.1.0 (Linux; U; Android 6.0.1; vivo 1610 Build/MMB29M)",
    "AlexaMediaPlayer/vizzini.locked.38.0 (Linux;Android 5.1.1) ExoPlayerLib/1.5.9",
    "Echo/1.0(APNG)",
    "BBC%20Sounds/1.13.1.7716 CFNetwork/1107.1 Darwin/19.0.0",
    "TuneIn Radio/31.2; iPhone14,5; iOS/16.5",
    "Sonos/83.1-61240 (ZPS27)",
    "Bullhorn/1.0 (+http://bullhorn.fm/)",
    "gPodder/3.11.4 (+http://gpodder.org/) Linux",
    "Clementine 1.4.0rc1",
    "VLC/3.0.20 LibVLC/3.0.20",
    "Lavf/60.16.100",
    "Rhythmbox/3.4.7",
    "okhttp/4.12.0",
    "Dalvik/2.1.0 (Linux; U; Android 9; SM-N950U Build/PPR1.180610.011)",
    "stagefright/1.2 (Linux;Android 7.0)",
    "AndroidDownloadManager/12 (Linux; U; Android 12; SM-A125F)",
    "KaiOS Downloader",
    "Dart/2.18 (dart:io)",
    "Anytime/1.2.1 b74 (phone;android QP1A) https://github.com/amugofjava/anytime_podcast_player",
    "libsoup/2.68.2",
    "Mozilla/5.0 (Linux; Android 9; CUBOT_X19) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/81.0 Mobile",
    "Mozilla/5.0 (Linux; Android 8.1.0; CUBOT ECHO) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36",
    "Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; Trident/5.0)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile Safari/604.1",
)  # fmt: skip

#: As crawlers, monitors, libraries and loaders ahead name themselves.
SOFTWARE = (
    "",
    "   ",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 Mobile Safari/537.36 (compatible; Bytespider)",
    "Mozilla/5.0 (compatible; ev-crawler/1.0;  https://headline.com/legal/crawler)",
    "DutchPodcastScraper/1.0 (research; episode audio collection)",
    "Mozilla/5.0 (compatible; special_archiver; Archive-It; http://archive-it.org/files/site-owners.html)",
    "ia_archiver-web.archive.org",
    "fetch-container/1.0",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/534 (KHTML, like Gecko) BingPreview/1.0b",
    "LinkPreview/1.6 (https://www.linkpreview.net)",
    "CastFeedValidator/3.0.5 (https://castfeedvalidator.com)",
    "Gumball.fm Analytics Prefix Checker",
    "AnchorImport/1.0",
    "iono/feed_importer",
    "Buck/2.4.2; (+https://app.hypefactors.com/media-monitoring/about.html)",
    "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/124.0 Safari/537.36",
    "PlayerFM/1.0 Podcast Sync (5 subscribers; url=https://player.fm/series/1)",
    "Mozilla/5.0 AccountingPodcastDownloader/1.0",
    "PocketCasts/1.0 (Pocket Casts Feed Parser; +http://pocketcasts.com/)",
    "downcast feed consumer/0.0.175; (mode=dev; id=u2NgjBSPM6; downcast.fm)",
    "Transcribe-Worker/2.1",
    "Mediapartners-Google",
    "Google-Podcast",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "WhatsApp/2.23.20.0",
    "Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/help/us/ysearch/slurp)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ChatGPT-User/1.0; +https://openai.com)",
    "Mozilla/5.0 (compatible; LAC_IAHarvester/3.3.0; +https://library-archives.canada.ca/)",
    "ltx71 - (http://ltx71.com/)",
    "Mastodon/4.3.9 (http.rb/5.2.0; +https://mastodon.example/)",
    "Mozilla/5.0 (compatible; FlipboardProxy/1.1; +http://flipboard.com/browserproxy)",
    "Mozilla/4.5 (compatible; HTTrack 3.0x; Windows 98)",
    "iTMS",
    "Amazon Music Podcast",
    "ListenNotes/3.0 (id=c1ef144e; +https://www.listennotes.com/about/)",
    "MagellanAI/1.0.4285",
    "Blubrry PowerPress/11.9.19",
    "Podcast-CriticalMention/1.0",
    "IPFS Podcasting Node/0.6n (+https://ipfspodcasting.net)",
    "Feedly/1.0 (+http://www.feedly.com/fetcher.html; like FeedFetcher-Google)",
    "FlexGet/3.3.4 (www.flexget.com)",
    "check_http/v2.3.3 (nagios-plugins 2.3.3)",
    "kube-probe/1.27",
    "Mozilla/5.0 (Linux; Android 11; moto g) Chrome/119.0 Mobile Safari/537.36 Chrome-Lighthouse",
    "Mozilla/5.0 zgrab/0.x",
    "curl/8.5.0",
    "Wget/1.21.4",
    "python-requests/2.31.0",
    "Python/3.11 aiohttp/3.9.5",
    "Go-http-client/2.0",
    "Apache-HttpClient/4.5.3-SNAPSHOT (Java/1.8.0_73)",
    "Java/17.0.9",
    "LWP::Simple/6.34 libwww-perl/6.34",
    "GuzzleHttp/7",
    "PHP/8.2.1",
    "Ruby",
    "axios/0.26.1",
    "node-fetch/1.0 (+https://github.com/bitinn/node-fetch)",
    "reqwest/0.11.24",
    "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-GB) WindowsPowerShell/5.1.19041.3031",
    "Mozilla/5.0 (Unknown; Linux x86_64) AppleWebKit/538.1 (KHTML, like Gecko) PhantomJS/2.1.1 Safari/538.1",
    "Hearth/1.0",
    "Werkzeug/3.1.3",
    "atc/1.0 watchOS/7.0.2 model/Watch5,10 hwp/t8006 build/18R402 (6; dt:233)",
    "(null)/(null) watchOS/5.0.1 model/Watch3,3 hwp/t8004 build/16R381 (6; dt:155)",
    "atc/1.0",
    "ShareSheetUI/1 CFNetwork/1474 Darwin/23.0.0",
    "Messages/5500 CFNetwork/1098 Darwin/19.0.0 (x86_64)",
)  # fmt: skip


@pytest.mark.parametrize("agent", LISTENERS)
def test_what_people_listen_with_counts(agent: str) -> None:
    assert not is_software(agent)


@pytest.mark.parametrize("agent", SOFTWARE)
def test_software_does_not(agent: str) -> None:
    assert is_software(agent)


@pytest.mark.parametrize("pattern", patterns())
def test_every_line_of_the_list_has_an_example(pattern: str) -> None:
    assert any(re.search(pattern, agent, re.IGNORECASE | re.ASCII) for agent in SOFTWARE)


def test_a_name_without_end_costs_no_time() -> None:
    assert not is_software("A" * 100_000 + "bot")
    assert is_software("A" * (MOST_LETTERS - 4) + " bot")
